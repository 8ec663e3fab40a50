// The conversation's socket: says hello, keeps unanswered messages and sends them again after a break.
export class Line {
  // `on`: { frame(json), sound?(ArrayBuffer), state(name) }. `more`: { path, hello, keep }; `keep: false` leaves
  // nothing in this browser.
  constructor(session, on, more = {}) {
    this.session = session
    this.on = on
    this.path = more.path || '/chat'
    this.hello = more.hello || {}
    this.keep = more.keep !== false
    this.waiting = new Map()
    this.conversation = this.keep ? sessionStorage.getItem('conversation') : null
    this.pause = 500
    this.closed = false
    this.open()
  }

  open() {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const socket = this.socket = new WebSocket(`${scheme}://${location.host}${this.path}`)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', session: this.session, conversation: this.conversation, ...this.hello }))
    socket.onmessage = event => typeof event.data === 'string' ? this.receive(JSON.parse(event.data)) : this.on.sound?.(event.data)
    socket.onclose = event => {
      if (this.closed || event.code === 4401) return
      this.on.state('connecting')
      setTimeout(() => { if (!this.closed) this.open() }, this.pause)
      this.pause = Math.min(this.pause * 2, 10000)
    }
  }

  receive(frame) {
    if (frame.type === 'ready') {
      this.pause = 500
      this.conversation = frame.conversation
      if (this.keep) sessionStorage.setItem('conversation', frame.conversation)
      for (const message of this.waiting.values()) this.send(message)
    }
    if (frame.type === 'reply' || frame.type === 'error') this.waiting.delete(frame.to)
    this.on.frame(frame)
  }

  get ready() { return this.socket.readyState === WebSocket.OPEN && this.conversation !== null }

  // A frame or sound; lost where the socket is not open.
  send(frame) {
    if (this.socket.readyState !== WebSocket.OPEN) return false
    this.socket.send(frame instanceof ArrayBuffer ? frame : JSON.stringify(frame))
    return true
  }

  say(text, payload = null) {
    const message = { type: 'message', id: unique(), text, payload }
    this.waiting.set(message.id, message)
    this.send(message)
    return message.id
  }

  fresh() {
    this.waiting.clear()
    this.send({ type: 'new' })
  }

  close() {
    this.closed = true
    this.socket.close()
  }
}

export const unique = () => crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now()
