// The microphone: opened at the first use, kept open for the visit, packets of 100 ms at 16 kHz.
export const RATE = 16000
// What was said just before the button counts too: people begin to speak with the finger still on its way.
const BEFORE = 3

export class Microphone {
  // `on`: { packet(ArrayBuffer), level(0…1) }, called only between start and stop.
  constructor(on) {
    this.on = on
    this.running = false
    this.before = []
  }

  static get possible() { return !!(navigator.mediaDevices?.getUserMedia && window.AudioWorkletNode) }

  // Throws an Error with a sentence for people.
  async open() {
    if (this.context) return
    let stream
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true } })
    } catch (error) {
      throw new Error(error.name === 'NotAllowedError' ? '麦克风没有打开权限，请用手点屏幕。' : '没有找到麦克风，请用手点屏幕。')
    }
    this.stream = stream
    this.context = new AudioContext()
    await this.context.audioWorklet.addModule(new URL('capture.js', import.meta.url))
    const node = new AudioWorkletNode(this.context, 'capture', { numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit' })
    node.port.onmessage = event => this.take(event.data)
    this.context.createMediaStreamSource(stream).connect(node)
  }

  start() {
    this.running = true
    for (const pcm of this.before.splice(0)) this.on.packet(pcm)
  }

  stop() {
    this.running = false
    this.on.level(0)
  }

  close() {
    this.stop()
    this.before = []
    for (const track of this.stream?.getTracks() || []) track.stop()
    this.context?.close()
    this.context = this.stream = null
  }

  take({ pcm, level }) {
    if (!this.running) {
      this.before.push(pcm)
      if (this.before.length > BEFORE) this.before.shift()
      return
    }
    this.on.level(level)
    this.on.packet(pcm)
  }
}
