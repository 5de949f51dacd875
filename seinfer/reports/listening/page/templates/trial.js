// One trial: its buttons, its questions, and the rows of its vote.

const byId = (id) => document.getElementById(id);

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

class Trial {
  // spec: { stimuli, reference }; number: from 1.
  constructor(player, spec, number) {
    Object.assign(this, { player, spec, number });
    this.isMushra = config.design === "mushra";
    this.startedMs = performance.now();
    this.letters = new Map(spec.stimuli.map((name, i) => [name, "ABCDEFGHIJKL"[i]]));
    if (config.design === "abx") this.letters.set(spec.stimuli[2], "X");
    if (spec.reference) this.letters.set(spec.reference, "R");
    this.chosen = spec.reference || spec.stimuli[0];
    this.answers = new Map(); // scale, or stimulus of mushra -> rating
    this.build();
    this.update();
  }

  get names() {
    return [...this.letters.keys()];
  }

  // --- What the rater sees

  build() {
    this.buttons = new Map();
    this.playButton = element("button", { class: "play", id: "play" });
    this.playButton.addEventListener("click", () => this.toggle());
    const single = this.isMushra ? [this.spec.reference] : this.names.length > 1 ? this.names : [];
    byId("players").replaceChildren(this.playButton, ...single.filter(Boolean).map((name) => this.sampleButton(name)));
    this.fields = config.questions.map((question) =>
      this.isMushra ? this.sliders(question) : this.choices(question),
    );
    byId("questions").replaceChildren(...this.fields);
    byId("comment").value = "";
  }

  sampleButton(name) {
    const label = name === this.spec.reference ? "Reference" : this.letters.get(name);
    const button = element("button", { class: "sample", "aria-pressed": "false" }, element("span", {}, label));
    button.append(element("span", { class: "heard" }));
    button.addEventListener("click", () => this.choose(name));
    this.buttons.set(name, button);
    return button;
  }

  choices(question) {
    const options = question.options.map(({ rating, label, key }) => {
      const input = element("input", { type: "radio", name: question.scale, value: rating });
      input.addEventListener("change", () => this.answer(question.scale, rating));
      return element("label", { class: "option" }, input, element("kbd", {}, key), element("span", {}, label));
    });
    const field = element("fieldset", {}, element("legend", {}, question.text), ...options);
    field.dataset.scale = question.scale;
    return field;
  }

  sliders(question) {
    const rows = this.spec.stimuli.map((name) => {
      const letter = this.letters.get(name);
      const slider = element("input", { type: "range", min: 0, max: 100, step: 1, value: 50, "data-name": name });
      slider.setAttribute("aria-label", `Rating of sample ${letter}`);
      for (const event of ["input", "click"]) slider.addEventListener(event, () => this.answer(name, Number(slider.value)));
      slider.addEventListener("focus", () => (this.chosen = name));
      const output = element("output", { class: "value" });
      return element("div", { class: "slider" }, this.sampleButton(name), slider, output);
    });
    const words = ["Bad", "Poor", "Fair", "Good", "Excellent"].map((word) => element("span", {}, word));
    const scale = element("div", { class: "words", "aria-hidden": "true" }, ...words);
    return element("fieldset", {}, element("legend", {}, question.text), scale, ...rows);
  }

  // Shows the state of playback, of the locks and of the answers.
  update() {
    this.playButton.textContent = this.player.isPlaying ? "Stop" : this.isMushra || this.names.length === 1 ? "Play" : "Play all";
    for (const [name, button] of this.buttons) {
      button.setAttribute("aria-pressed", String(this.player.current === name));
      const { heardS, durationS, isComplete } = this.player.hearing(name);
      const partly = heardS > 0 ? `${Math.floor((100 * heardS) / durationS)} % heard` : "not heard yet";
      button.lastChild.textContent = isComplete ? "heard" : partly;
    }
    this.isHeard = this.names.every((name) => this.player.isHeard(name));
    byId("lock").textContent = this.isHeard ? "" : this.reasonOfLock();
    if (this.isMushra) this.updateSliders();
    else for (const field of this.fields) field.disabled = !this.isHeard;
    for (const field of this.fields) field.classList.toggle("current", this.isHeard && field === this.currentField());
    byId("next").setAttribute("aria-disabled", String(Boolean(this.reasonToWait())));
  }

  updateSliders() {
    for (const slider of byId("questions").querySelectorAll("input")) {
      const { name } = slider.dataset;
      const rating = this.answers.get(name);
      slider.disabled = !this.player.isHeard(name);
      if (rating !== undefined) slider.value = rating;
      slider.classList.toggle("unrated", rating === undefined);
      slider.setAttribute("aria-valuetext", rating ?? "not rated");
      slider.nextSibling.textContent = rating ?? "–";
    }
  }

  reasonOfLock() {
    if (this.isMushra) return "Locked: each sample can be rated after you have played it to its end.";
    return `Locked: play ${this.names.length === 1 ? "the sample" : "each sample"} to its end, then rate.`;
  }

  // Returns why the rater cannot go on yet; "" if the vote is complete.
  reasonToWait() {
    if (!this.isHeard) return this.isMushra ? "Play the reference and each sample to its end first." : this.reasonOfLock();
    const keys = this.isMushra ? this.spec.stimuli : config.questions.map((question) => question.scale);
    const nMissing = keys.filter((key) => !this.answers.has(key)).length;
    if (!nMissing) return "";
    if (keys.length === 1) return "Answer the question first.";
    return `${nMissing} of ${keys.length} ${this.isMushra ? "samples are not rated" : "questions are not answered"} yet.`;
  }

  // --- What the rater does

  toggle() {
    if (this.player.isPlaying) this.player.stop();
    else this.player.play(this.isMushra ? [this.chosen] : this.names);
  }

  // Plays one sample; in mushra at the same position in time as the one before.
  choose(name) {
    this.chosen = name;
    if (this.isMushra) this.player.change(name);
    else this.player.play([name]);
  }

  answer(key, rating) {
    this.answers.set(key, rating);
    this.update();
  }

  chooseByLetter(letter) {
    const name = this.names.find((one) => this.letters.get(one) === letter);
    if (!name) return false;
    this.choose(name);
    if (this.isMushra) this.sliderOf(name)?.focus();
    return true;
  }

  // Returns the reason if the digit cannot rate now, else "".
  rateByDigit(digit) {
    return this.isMushra ? this.slideTo(Number(digit) * 10) : this.check(digit);
  }

  slideTo(rating) {
    if (this.chosen === this.spec.reference) return "Choose a sample with its letter first.";
    if (!this.player.isHeard(this.chosen)) return this.reasonOfLock();
    this.answer(this.chosen, rating);
    this.sliderOf(this.chosen).focus();
    return "";
  }

  sliderOf(name) {
    return byId("questions").querySelector(`input[data-name="${name}"]`);
  }

  check(digit) {
    if (!this.isHeard) return this.reasonOfLock();
    const field = this.currentField();
    const question = config.questions[this.fields.indexOf(field)];
    const option = question.options.find(({ key }) => key === digit);
    if (!option) return "";
    const input = field.querySelector(`input[value="${option.rating}"]`);
    input.checked = true;
    input.focus();
    this.answers.set(question.scale, option.rating);
    this.openField()?.querySelector("input").focus();
    this.update();
    return "";
  }

  // The question that a digit answers: the one with the focus, else the first without an answer, else the last.
  currentField() {
    const focused = this.fields.find((field) => field.contains(document.activeElement));
    return focused ?? this.openField() ?? this.fields.at(-1);
  }

  openField() {
    return this.fields.find((field) => !this.answers.has(field.dataset.scale));
  }

  // --- The vote

  rows() {
    const votes = this.isMushra
      ? this.spec.stimuli.map((name, i) => ({ position: i + 1, stimulus_id: name, scale: "MUSHRA", key: name, heard: [name] }))
      : config.questions.map(({ scale }) => ({
          position: this.names.length === 1 ? 1 : 0,
          stimulus_id: this.names.at(-1),
          scale,
          key: scale,
          heard: this.names,
        }));
    const common = {
      trial: this.number,
      rt_ms: Math.round(performance.now() - this.startedMs),
      utc: new Date().toISOString(),
      page_version: config.page_version,
      output_sample_rate: this.player.sampleRate,
    };
    return votes.map(({ key, heard, ...vote }, i) => {
      const hearings = heard.map((name) => this.player.hearing(name));
      return {
        ...common,
        ...vote,
        rating: this.answers.get(key),
        n_plays: Math.min(...hearings.map((one) => one.nPlays)),
        played_ms: Math.round(1000 * Math.min(...hearings.map((one) => one.playedS))),
        comment: i === 0 ? byId("comment").value.trim() : "",
      };
    });
  }
}
