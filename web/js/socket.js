// The conversation's socket: says hello, keeps unanswered messages and sends them again after a break.
export class Line {
  constructor(session, on) {
    this.session = session
    this.on = on
    this.waiting = new Map()
    this.conversation = sessionStorage.getItem('conversation')
    this.pause = 500
    this.closed = false
    this.open()
  }

  open() {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const socket = this.socket = new WebSocket(`${scheme}://${location.host}/chat`)
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', session: this.session, conversation: this.conversation }))
    socket.onmessage = event => this.receive(JSON.parse(event.data))
    socket.onclose = event => {
      if (this.closed || event.code === 4401) return
      this.on.state('connecting')
      setTimeout(() => this.open(), this.pause)
      this.pause = Math.min(this.pause * 2, 10000)
    }
  }

  receive(frame) {
    if (frame.type === 'ready') {
      this.pause = 500
      this.conversation = frame.conversation
      sessionStorage.setItem('conversation', frame.conversation)
      for (const message of this.waiting.values()) this.socket.send(JSON.stringify(message))
    }
    if (frame.type === 'reply' || frame.type === 'error') this.waiting.delete(frame.to)
    this.on.frame(frame)
  }

  say(text, payload = null) {
    const message = { type: 'message', id: crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now(), text, payload }
    this.waiting.set(message.id, message)
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
    return message.id
  }

  fresh() {
    this.waiting.clear()
    this.socket.send(JSON.stringify({ type: 'new' }))
  }

  close() {
    this.closed = true
    this.socket.close()
  }
}
