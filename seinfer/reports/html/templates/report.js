"use strict";
// Without this script all content is visible and the players work. It adds sorting, the shared position and the keys.

for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const valueOf = (row, column) => row.cells[column].dataset.sort;
  const sort = (column, sign) => {
    const rows = [...body.rows];
    rows.sort((a, b) => {
      const [x, y] = [valueOf(a, column), valueOf(b, column)];
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
      return sign * (isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y);
    });
    body.append(...rows);
    heads.forEach((head, i) => {
      if (i === column) head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
  };
  heads.forEach((head, column) => {
    if (![...body.rows].some((row) => valueOf(row, column) !== undefined)) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const sorted = head.getAttribute("aria-sort");
      const first = head.dataset.best === "higher" ? -1 : 1;
      sort(column, sorted ? (sorted === "ascending" ? -1 : 1) : first);
    });
  });
}

const match = document.getElementById("match");
const keys = document.getElementById("keys");
const clips = [...document.querySelectorAll(".clip")].map((element) => {
  const cards = [...element.querySelectorAll(".card")];
  return { element, cards, players: cards.map((card) => card.querySelector("audio")), active: null };
});
let current = null; // the clip that was used last

const setLevels = () => {
  for (const { cards, players } of clips) {
    players.forEach((player, i) => {
      if (player) player.volume = match.checked ? 10 ** (Number(cards[i].dataset.gainDb || 0) / 20) : 1;
    });
  }
};

const activate = (clip, player) => {
  const before = clip.active;
  if (before === player) return;
  clip.active = player;
  clip.cards.forEach((card, i) => card.classList.toggle("is-active", clip.players[i] === player));
  for (const other of clip.players) if (other) other.preload = "auto";
  if (!before) return;
  player.currentTime = before.ended ? 0 : before.currentTime;
};

for (const clip of clips) {
  for (const player of clip.players) {
    if (!player) continue;
    player.addEventListener("play", () => {
      current = clip;
      activate(clip, player);
      for (const other of document.querySelectorAll("audio")) if (other !== player) other.pause();
    });
  }
}

const clipOfFocus = () => clips.find(({ element }) => element.contains(document.activeElement)) || current;

document.addEventListener("keydown", (event) => {
  if (!keys.checked || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const clip = clipOfFocus() || clips[0];
  if (!clip) return;
  if (/^[0-9]$/.test(event.key)) {
    const player = clip.players[(Number(event.key) + 9) % 10];
    if (!player) return;
    const isPlaying = !clip.active || !clip.active.paused;
    current = clip;
    if (clip.active && clip.active !== player) clip.active.pause();
    activate(clip, player);
    if (isPlaying) player.play();
  } else if (event.key === "p") {
    const player = clip.active || clip.players.find(Boolean);
    if (!player) return;
    if (player.paused) player.play();
    else player.pause();
  } else return;
  event.preventDefault();
});

match.addEventListener("change", setLevels);
document.querySelector(".controls").hidden = clips.length === 0;
