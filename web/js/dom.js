// Small helpers: elements are built, never parsed from strings, so nothing a person or a system wrote becomes markup.
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue
    if (name === 'class') node.className = value
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value)
    else if (name in node && typeof value !== 'string') node[name] = value
    else node.setAttribute(name, value === true ? '' : value)
  }
  node.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false))
  return node
}

export const yuan = fen => (fen % 100 ? (fen / 100).toFixed(2) : String(fen / 100)) + '元'

const shanghai = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai', hour12: false, month: 'numeric', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit'
})
function parts(iso) {
  const found = Object.fromEntries(shanghai.formatToParts(new Date(iso)).map(p => [p.type, p.value]))
  if (found.hour === '24') found.hour = '00'
  return found
}
export const clock = iso => { const p = parts(iso); return `${p.hour}:${p.minute}` }
export const day = iso => { const p = parts(iso); return `${p.month}月${p.day}日 ${p.weekday}` }
export const span = (start, end) => `${day(start)} ${clock(start)}${end ? '–' + clock(end) : ''}`
