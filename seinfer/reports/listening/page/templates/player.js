// Playback with the Web Audio API, and how much of each stimulus was heard.

const FADE_S = 0.005; // against clicks where playback starts or stops inside a stimulus
const PAUSE_S = 0.5; // between the stimuli of a sequence
const TOLERANCE_S = 0.03; // the clock advances in blocks

// The parts of one stimulus that were audible.
class Hearing {
  constructor(durationS) {
    this.durationS = durationS;
    this.nPlays = 0;
    this.playedS = 0;
    this.parts = [];
  }

  add(fromS, toS) {
    if (toS <= fromS) return;
    this.nPlays += 1;
    this.playedS += toS - fromS;
    this.parts.push([fromS, toS]);
    this.parts.sort((a, b) => a[0] - b[0]);
  }

  // How much of it was audible at least once; gaps below the tolerance are no gaps.
  get heardS() {
    let endS = 0;
    let missingS = 0;
    for (const [fromS, toS] of [...this.parts, [this.durationS, this.durationS]]) {
      if (fromS > endS + TOLERANCE_S) missingS += fromS - endS;
      endS = Math.max(endS, toS);
    }
    return this.durationS - missingS;
  }

  get isComplete() {
    return this.heardS === this.durationS;
  }
}

class Player {
  // onChange is called when playback starts, changes to another stimulus, stops or ends.
  constructor(onChange) {
    this.onChange = onChange;
    this.context = null;
    this.stop();
    this.buffers = new Map();
    this.hearings = new Map();
  }

  // Opens the sound output. The browser allows it only after the rater has pressed a key or a button.
  open() {
    this.context ??= new AudioContext();
    return this.context.resume();
  }

  get sampleRate() {
    return this.context ? this.context.sampleRate : "";
  }

  // Decodes the stimuli of a trial, and forgets those of the trial before.
  async load(names) {
    this.stop();
    this.context ??= new AudioContext();
    const buffers = await Promise.all(names.map((name) => this.context.decodeAudioData(bytesOf(name))));
    this.buffers = new Map(names.map((name, i) => [name, buffers[i]]));
    this.hearings = new Map(names.map((name, i) => [name, new Hearing(buffers[i].duration)]));
  }

  get current() {
    return this.voice ? this.voice.name : "";
  }

  get isPlaying() {
    return Boolean(this.voice);
  }

  hearing(name) {
    return this.hearings.get(name);
  }

  isHeard(name) {
    return Boolean(this.hearings.get(name)?.isComplete);
  }

  // Plays the stimuli one after the other, each from its beginning.
  play(names) {
    this.silence();
    this.queue = names.slice(1);
    this.start(names[0], 0, 0);
    this.onChange();
  }

  // Changes to another stimulus at the same position in time; starts it if nothing is playing.
  change(name) {
    const positionS = this.voice ? this.positionS() : 0;
    const isOver = positionS >= this.buffers.get(name).duration;
    this.silence();
    this.start(name, isOver ? 0 : positionS, 0);
    this.onChange();
  }

  stop() {
    this.queue = [];
    if (this.voice) {
      this.silence();
      this.onChange();
    }
  }

  start(name, offsetS, pauseS) {
    const source = new AudioBufferSourceNode(this.context, { buffer: this.buffers.get(name) });
    const gain = new GainNode(this.context, { gain: offsetS > 0 ? 0 : 1 });
    source.connect(gain).connect(this.context.destination);
    const startS = this.context.currentTime + pauseS;
    if (offsetS > 0) gain.gain.linearRampToValueAtTime(1, startS + FADE_S);
    const voice = { name, source, gain, startS, offsetS };
    source.onended = () => this.voice === voice && this.finish();
    source.start(startS, offsetS);
    this.voice = voice;
  }

  positionS() {
    const { startS, offsetS } = this.voice;
    return offsetS + Math.max(0, this.context.currentTime - startS);
  }

  // A stimulus has ended by itself.
  finish() {
    const { name, offsetS } = this.voice;
    this.voice = null;
    this.hearing(name).add(offsetS, this.buffers.get(name).duration);
    if (this.queue.length) this.start(this.queue.shift(), 0, PAUSE_S);
    this.onChange();
  }

  silence() {
    if (!this.voice) return;
    const { name, source, gain, offsetS } = this.voice;
    const endS = Math.min(this.positionS(), this.buffers.get(name).duration);
    this.voice = null;
    this.hearing(name).add(offsetS, endS);
    const nowS = this.context.currentTime;
    gain.gain.cancelScheduledValues(nowS);
    gain.gain.setValueAtTime(gain.gain.value, nowS);
    gain.gain.linearRampToValueAtTime(0, nowS + FADE_S);
    source.stop(nowS + FADE_S);
  }
}

function bytesOf(name) {
  const text = atob(document.querySelector(`script[data-stimulus="${name}"]`).textContent);
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
}
