// The conversation as it is seen: bubbles, cards, buttons, the dots of somebody who is writing.
import { el } from './dom.js'
import { cards, settle } from './cards.js'

const ICON = new URL('../icon.svg', import.meta.url).href

export class Log {
  // `say(text, payload)` is called when something is tapped.
  constructor(node, say) {
    this.node = node
    this.say = say
    this.dots = null
  }

  clear() {
    this.node.replaceChildren()
    this.dots = null
  }

  // A reply or a push, shown from its beginning.
  reply(messages) {
    const before = this.node.lastElementChild
    for (const message of messages || []) this.show(message)
    this.reveal(before ? before.nextElementSibling : this.node.firstElementChild)
  }

  show(message) {
    const made = message.card && cards[message.card.type] ? cards[message.card.type](message.card, this.say) : null
    const links = (message.buttons || []).filter(b => /^(https?:|\/[^/])/.test(b.url || '') && message.card?.url !== b.url)
    const taps = (message.buttons || []).filter(b => !b.url)
    this.add(
      message.text ? el('div', { class: 'bubble' }, message.text) : null, made,
      links.length ? el('div', { class: 'buttons' }, links.map(b => el('a', { class: 'linked', href: b.url, target: '_blank', rel: 'noopener noreferrer' }, b.title))) : null,
      taps.length && !(made && message.card.type === 'confirm') ? el('div', { class: 'buttons' }, taps.map(b => el('button', { type: 'button', onclick: () => this.say(b.title, b.payload) }, b.title))) : null)
  }

  // How a payment that was asked for ended; of all that are open, where no order is named.
  settle(status, order) { settle(this.node, status, order) }

  warn(text) { this.add(el('div', { class: 'bubble warn' }, text)) }

  add(...children) {
    const kept = children.filter(Boolean)
    if (!kept.length) return
    this.node.append(el('div', { class: 'row' }, el('img', { class: 'bot-face', src: ICON, alt: '助手' }), el('div', { class: 'stack' }, kept)))
    this.bottom()
  }

  typing(on) {
    this.dots?.remove()
    this.dots = null
    if (!on) return
    this.dots = el('div', { class: 'row' }, el('img', { class: 'bot-face', src: ICON, alt: '' }), el('div', { class: 'bubble typing', 'aria-label': '正在输入' }, el('i'), el('i'), el('i')))
    this.node.append(this.dots)
    this.bottom()
  }

  mine(text) {
    this.node.append(el('div', { class: 'row me' }, el('div', { class: 'bubble' }, text)))
    this.bottom()
  }

  // Buttons of earlier turns are spent: a second tap would answer a question that is no longer open.
  spend() {
    for (const old of this.node.querySelectorAll('.buttons button, .actions button')) old.disabled = true
  }

  // A long answer is read from its beginning: what the person said last stays at the top.
  reveal(first) {
    const log = this.node
    const from = first?.previousElementSibling?.classList.contains('me') ? first.previousElementSibling : first
    if (from && log.scrollHeight - from.offsetTop > log.clientHeight) log.scrollTop = from.offsetTop - log.offsetTop - 8
  }

  bottom() { this.node.scrollTop = this.node.scrollHeight }
}
