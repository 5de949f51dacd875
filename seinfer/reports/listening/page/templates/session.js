// The order of the screens, and the keyboard.

(() => {
  const SCREENS = ["start", "resume", "level", "instructions", "pause", "trial", "end"];
  const nTraining = config.trials.filter((trial) => trial.is_training).length;
  let state = null;
  let trial = null;
  let screen = "";
  let levelSample = "";
  let loading = null; // the sample for the volume
  let isLeaving = false; // between two screens, or while a sample is loaded: keys mean nothing
  const player = new Player(onPlayback);

  function show(name) {
    screen = name;
    for (const other of SCREENS) byId(other).hidden = other !== name;
    say("");
    window.scrollTo(0, 0);
    byId(`${name}-title`).focus();
  }

  // Tells the rater something, also through a screen reader.
  function say(text) {
    byId("status").textContent = text;
  }

  function showProblem(text) {
    byId("problem").textContent = text;
    byId("problem").hidden = false;
  }

  function onPlayback() {
    const isPlaying = player.isPlaying;
    if (screen === "level") {
      byId("level-play").textContent = isPlaying ? "Stop" : "Play the sample";
      say(!isPlaying && player.isHeard(levelSample) ? "If the volume is right, go on." : "");
    }
    if (screen !== "trial") return;
    const wasHeard = trial.isHeard;
    trial.update();
    // Nothing is said during playback: a screen reader would talk over the sample.
    say(!isPlaying && trial.isHeard && !wasHeard ? "You can rate now." : "");
  }

  // Runs a step that needs the sound output; tells the rater if the browser has none.
  async function withSound(step) {
    try {
      await step();
    } catch (error) {
      showProblem(`The browser cannot play the samples (${error.message}). Open this page in a current Chrome, Edge, Firefox or Safari.`);
    }
  }

  // --- Screens

  function begin(event) {
    event.preventDefault();
    state = newState(byId("rater").value);
    save();
    setLevel();
  }

  function setLevel() {
    const { stimuli, reference } = config.trials[0];
    const name = reference || stimuli[0];
    show("level");
    levelSample = name;
    loading = player.load([name]);
    withSound(() => loading);
  }

  async function playLevel() {
    if (isLeaving) return;
    isLeaving = true;
    say("Loading");
    await withSound(async () => {
      await loading;
      await player.open();
      say("");
      if (player.isPlaying) player.stop();
      else player.play([levelSample]);
    });
    isLeaving = false;
  }

  function afterLevel() {
    player.stop();
    if (player.isHeard(levelSample)) show("instructions");
    else say("Play the sample to its end first.");
  }

  async function nextTrial() {
    const { done } = state;
    if (done === config.trials.length) return showEnd();
    const spec = config.trials[done];
    isLeaving = true;
    say("Loading");
    await withSound(async () => {
      await player.load([...new Set([...spec.stimuli, spec.reference].filter(Boolean))]);
      await player.open();
      trial = new Trial(player, spec, done + 1);
      const isTraining = spec.is_training;
      byId("trial-title").textContent = isTraining
        ? `Training ${done + 1} of ${nTraining}`
        : `Trial ${done + 1 - nTraining} of ${config.trials.length - nTraining}`;
      byId("done").value = done;
      show("trial");
    });
    isLeaving = false;
  }

  async function vote() {
    const reason = trial.reasonToWait();
    if (reason) return say(reason);
    isLeaving = true;
    player.stop();
    const saved = loadState();
    if (saved && saved.done > state.done) {
      showProblem("This session goes on in another window. Close this one, or reload the page to go on here.");
      return;
    }
    state.rows.push(...trial.rows());
    state.done += 1;
    save();
    if (state.done === nTraining && state.done < config.trials.length) show("pause");
    else await nextTrial();
    isLeaving = false;
  }

  function save() {
    if (saveState(state)) return;
    showProblem("This browser does not save your ratings. Do not close or reload this page before you have downloaded them at the end.");
    window.onbeforeunload = (event) => event.preventDefault();
  }

  function showEnd() {
    const text = csvText(state);
    const link = byId("download");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = `ratings-${config.session_id}-${state.rater_id}.csv`;
    link.addEventListener("click", () => (window.onbeforeunload = null));
    byId("csv").value = text;
    show("end");
  }

  function showResume() {
    byId("resume-done").textContent = state.done;
    byId("resume-rater").textContent = state.rater_id;
    show("resume");
  }

  // --- Keyboard

  // Keys belong to buttons, links, texts and boxes that have the focus.
  function isTaken(target, key) {
    if (target.matches("textarea, input:not([type=radio], [type=range], [type=checkbox])")) return key !== "Enter";
    if (key === "Enter") return target.matches("button, a, summary");
    return key === " " && target.matches("button, a, summary, [type=checkbox]");
  }

  function onKey(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || screen === "start" || screen === "end") return;
    if (!byId("shortcuts").checked || isTaken(target, key)) return;
    if (act(key, event.repeat)) event.preventDefault();
  }

  // Returns whether the key means something on this screen.
  function act(key, isHeldDown) {
    if (key === "Enter") {
      if (!isHeldDown) goOn();
      return true;
    }
    if (key === " " && screen === "level") {
      if (!isHeldDown) playLevel();
      return true;
    }
    if (screen !== "trial" || isLeaving) return false;
    if (key === " ") {
      if (!isHeldDown) trial.toggle();
      return true;
    }
    if (/^[0-9]$/.test(key)) {
      say(trial.rateByDigit(key));
      return true;
    }
    return /^[a-z]$/i.test(key) && !isHeldDown && trial.chooseByLetter(key.toUpperCase());
  }

  function goOn() {
    if (isLeaving) return;
    const steps = { resume: setLevel, level: afterLevel, instructions: nextTrial, pause: nextTrial, trial: vote };
    steps[screen]();
  }

  byId("consent").addEventListener("submit", begin);
  byId("level-play").addEventListener("click", playLevel);
  for (const name of ["resume-next", "level-next", "instructions-next", "pause-next", "next"]) {
    byId(name).addEventListener("click", goOn);
  }
  byId("forget").addEventListener("click", () => {
    deleteState();
    show("start");
  });
  byId("select").addEventListener("click", () => byId("csv").select());
  // A click with the mouse on a button leaves the focus where it is, so that the next key is not taken by the button.
  byId("trial").addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault());
  byId("questions").addEventListener("change", () => say(""));
  byId("questions").addEventListener("focusin", () => trial.update());
  document.addEventListener("keydown", onKey);

  state = loadState();
  if (!state) show("start");
  else if (state.done === config.trials.length) showEnd();
  else showResume();
})();
