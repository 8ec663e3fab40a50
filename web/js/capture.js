// Sound of the microphone at 16 kHz, 16 bits, in packets of 100 ms. Runs in the audio thread.
const RATE = 16000
const PACKET = 1600
const CROSSINGS = 12

class Capture extends AudioWorkletProcessor {
  constructor() {
    super()
    // Above half the target rate nothing may pass, or it folds back into what is heard.
    this.step = sampleRate / RATE
    this.cutoff = Math.min(1, RATE / sampleRate) * 0.94
    this.half = Math.ceil(CROSSINGS / this.cutoff)
    this.kept = new Float32Array(0)
    this.place = this.half
    this.packet = new Int16Array(PACKET)
    this.filled = 0
    this.loudest = 0
  }

  process(inputs) {
    const block = inputs[0]?.[0]
    if (block) this.take(block)
    return true
  }

  take(block) {
    const joined = new Float32Array(this.kept.length + block.length)
    joined.set(this.kept)
    joined.set(block, this.kept.length)
    while (this.place + this.half < joined.length) {
      this.put(this.at(joined, this.place))
      this.place += this.step
    }
    const used = Math.max(0, Math.floor(this.place) - this.half)
    this.kept = joined.slice(used)
    this.place -= used
  }

  // The signal at a place between two samples: a windowed sinc.
  at(samples, place) {
    let sum = 0
    const first = Math.ceil(place - this.half), last = Math.floor(place + this.half)
    for (let n = Math.max(0, first); n <= last; n++) {
      const x = (place - n) * this.cutoff
      const window = 0.5 + 0.5 * Math.cos(Math.PI * (place - n) / this.half)
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
      sum += samples[n] * sinc * window * this.cutoff
    }
    return sum
  }

  put(value) {
    const clipped = Math.max(-1, Math.min(1, value))
    this.loudest = Math.max(this.loudest, Math.abs(clipped))
    this.packet[this.filled++] = Math.round(clipped * 32767)
    if (this.filled < PACKET) return
    this.port.postMessage({ pcm: this.packet.buffer, level: this.loudest }, [this.packet.buffer])
    this.packet = new Int16Array(PACKET)
    this.filled = 0
    this.loudest = 0
  }
}

registerProcessor('capture', Capture)
