// Replies aloud: by the browser's own Mandarin voice where it has one, else by the sound that the server sends.
const LONGEST = 60
const VOICES_SECONDS = 1.5

// The best voice that is there, after the browser has had time to find its voices; null where there is none.
export async function mandarin() {
  if (!window.speechSynthesis) return null
  const find = () => {
    const all = speechSynthesis.getVoices().filter(v => /^(zh|cmn)[-_]?(CN|Hans)?/i.test(v.lang) && !/HK|TW|yue/i.test(v.lang))
    return all.find(v => v.localService) || all[0] || null
  }
  if (find()) return find()
  await new Promise(done => {
    speechSynthesis.addEventListener('voiceschanged', done, { once: true })
    setTimeout(done, VOICES_SECONDS * 1000)
  })
  return find()
}

// Long texts break off in some browsers: sentence by sentence they do not.
export function sentences(text) {
  const parts = text.match(/[^。！？；\n]+[。！？；\n]*/g) || []
  return parts.flatMap(part => part.length <= LONGEST ? [part] : part.match(new RegExp(`.{1,${LONGEST}}(?:[，、,]|$)|.{1,${LONGEST}}`, 'g'))).map(p => p.trim()).filter(Boolean)
}

export class Speaker {
  // `voice`: a SpeechSynthesisVoice or null; `done()` when all has been said.
  constructor(voice, done) {
    this.voice = voice
    this.done = done
    this.turn = 0
    this.sources = new Set()
    this.next = 0
    this.rate = 22050
    this.open = false
  }

  get byServer() { return !this.voice }
  get speaking() { return this.turn !== 0 && (this.open || this.sources.size > 0 || !!window.speechSynthesis?.speaking || !!window.speechSynthesis?.pending) }

  // By the browser.
  say(text) {
    this.stop()
    const turn = ++this.turn
    const parts = sentences(text)
    parts.forEach((part, i) => {
      const said = new SpeechSynthesisUtterance(part)
      said.voice = this.voice
      said.lang = 'zh-CN'
      said.rate = 0.92
      if (i === parts.length - 1) said.onend = () => { if (turn === this.turn) this.done() }
      speechSynthesis.speak(said)
    })
  }

  // By the server: begin, sound, end.
  begin(rate) {
    this.stop()
    this.turn++
    this.rate = rate
    this.open = true
    this.rest = new Uint8Array(0)
    this.context ||= new AudioContext()
    this.context.resume()
    this.next = this.context.currentTime + 0.05
  }

  sound(buffer) {
    if (!this.open) return
    const bytes = new Uint8Array(this.rest.length + buffer.byteLength)
    bytes.set(this.rest)
    bytes.set(new Uint8Array(buffer), this.rest.length)
    const whole = bytes.length - bytes.length % 2
    this.rest = bytes.slice(whole)
    if (!whole) return
    const pcm = new Int16Array(bytes.buffer, 0, whole / 2)
    const piece = this.context.createBuffer(1, pcm.length, this.rate)
    piece.getChannelData(0).set(Float32Array.from(pcm, v => v / 32768))
    const source = this.context.createBufferSource()
    source.buffer = piece
    source.connect(this.context.destination)
    this.next = Math.max(this.next, this.context.currentTime)
    source.start(this.next)
    this.next += piece.duration
    this.sources.add(source)
    source.onended = () => { this.sources.delete(source); this.finished() }
  }

  end() {
    this.open = false
    this.finished()
  }

  finished() { if (!this.open && !this.sources.size) this.done() }

  stop() {
    this.turn++
    this.open = false
    for (const source of this.sources) { source.onended = null; source.stop() }
    this.sources.clear()
    window.speechSynthesis?.cancel()
  }
}
