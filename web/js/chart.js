// Draws the part of an ECharts option that Menzhen's answers use (bar, line, stacked bar, pie) as SVG.
const SVG = 'http://www.w3.org/2000/svg'
// Okabe and Ito's palette: told apart by colour-blind eyes and in print.
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9', '#f0e442', '#000000']

function node(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  if (text !== undefined) made.textContent = text
  return made
}
const first = value => Array.isArray(value) ? value[0] : value
const number = item => { const v = item && typeof item === 'object' && !Array.isArray(item) ? item.value : item; return typeof v === 'number' ? v : v === null || v === undefined ? null : Number(Array.isArray(v) ? v[1] : v) }
const short = value => Math.abs(value) >= 10000 ? (value / 10000).toFixed(1) + '万' : Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 1 ? 3 : 1)

export function chart(option) {
  if (first(option.series)?.type === 'pie') return pie(option)
  const x = first(option.xAxis) || {}, y = first(option.yAxis) || {}
  const sideways = y.type === 'category'
  const names = (sideways ? y.data : x.data) || []
  const series = (option.series || []).filter(s => Array.isArray(s.data) && ['bar', 'line'].includes(s.type))
  if (!names.length || !series.length) return null
  const title = first(option.title)?.text || ''
  const unit = (sideways ? x.name : y.name) || ''
  const made = sideways ? horizontal(names, series, y.inverse) : upright(names, series)
  made.setAttribute('role', 'img')
  made.setAttribute('class', 'chart')
  made.setAttribute('aria-label', `${title} ${unit}`)
  const box = made.viewBox.baseVal
  made.append(node('text', { x: 8, y: 18, 'font-size': 14, 'font-weight': 600, fill: '#1c2b2d' }, title.length > 30 ? title.slice(0, 29) + '…' : title))
  made.append(node('text', { x: box.width - 8, y: 36, 'font-size': 12, 'text-anchor': 'end', fill: '#566668' }, unit))
  if (series.length > 1) legend(made, series)
  return below(made, option)
}

// Dates and the number of visits behind the picture stand on it.
function below(svg, option) {
  const text = first(option.title)?.subtext || ''
  const box = svg.viewBox.baseVal
  svg.append(node('text', { x: 8, y: box.height + 14, 'font-size': 11, fill: '#566668' }, text))
  svg.setAttribute('viewBox', `0 0 ${box.width} ${box.height + 20}`)
  return svg
}

function pie(option) {
  const parts = first(option.series).data.filter(d => d.value > 0).slice(0, 8)
  const total = parts.reduce((sum, d) => sum + d.value, 0)
  const title = first(option.title)?.text || ''
  const svg = canvas(560, 270)
  svg.setAttribute('role', 'img')
  svg.setAttribute('class', 'chart')
  svg.setAttribute('aria-label', title)
  svg.append(node('text', { x: 8, y: 18, 'font-size': 14, 'font-weight': 600, fill: '#1c2b2d' }, title))
  let turned = -Math.PI / 2
  parts.forEach((d, i) => {
    const share = d.value / total, from = turned, to = turned += share * 2 * Math.PI
    const at = angle => `${150 + 105 * Math.cos(angle)} ${148 + 105 * Math.sin(angle)}`
    const colour = COLOURS[i % COLOURS.length]
    svg.append(share > 0.9999
      ? node('circle', { cx: 150, cy: 148, r: 105, fill: colour })
      : node('path', { d: `M150 148 L${at(from)} A105 105 0 ${share > 0.5 ? 1 : 0} 1 ${at(to)} Z`, fill: colour, stroke: '#fff', 'stroke-width': 2 }))
    svg.append(node('rect', { x: 300, y: 48 + i * 26, width: 12, height: 12, fill: colour }),
      node('text', { x: 320, y: 59 + i * 26, 'font-size': 13, fill: '#1c2b2d' }, `${d.name}　${(share * 100).toFixed(1)}%`))
  })
  return below(svg, option)
}

function canvas(width, height) {
  return node('svg', { viewBox: `0 0 ${width} ${height}`, 'font-family': 'inherit' })
}

function legend(svg, series) {
  let x = 8
  series.forEach((s, i) => {
    svg.append(node('rect', { x, y: 27, width: 10, height: 10, fill: COLOURS[i % COLOURS.length] }), node('text', { x: x + 14, y: 36, 'font-size': 12, fill: '#566668' }, s.name || ''))
    x += 26 + 12 * String(s.name || '').length
  })
}

function horizontal(names, series, inverse) {
  const step = 22 * series.length + 10, height = 48 + names.length * step
  const svg = canvas(560, height)
  const longest = Math.max(...names.map(n => String(n).length))
  const left = Math.min(170, 20 + longest * 13.5), room = 560 - left - 64
  const top = Math.max(...series.flatMap(s => s.data.map(d => number(d) || 0)), 1e-9)
  names.forEach((name, row) => {
    const y = 46 + (inverse === false || inverse === undefined ? names.length - 1 - row : row) * step
    svg.append(node('text', { x: left - 8, y: y + step / 2, 'text-anchor': 'end', 'font-size': 13, fill: '#1c2b2d' }, String(name)))
    series.forEach((s, i) => {
      const value = number(s.data[row])
      if (value === null) return
      const width = Math.max(1, value / top * room)
      svg.append(node('rect', { x: left, y: y + i * 22, width, height: 18, rx: 3, fill: COLOURS[i % COLOURS.length] }),
        node('text', { x: left + width + 6, y: y + i * 22 + 14, 'font-size': 12, fill: '#1c2b2d' }, short(value)))
    })
  })
  return svg
}

function upright(names, series) {
  const width = 560, height = 280, left = 52, right = 14, top = 48, bottom = 40
  const svg = canvas(width, height)
  const stacked = series.some(s => s.stack)
  const totals = names.map((_, i) => series.reduce((sum, s) => sum + (number(s.data[i]) || 0), 0))
  const values = stacked ? totals : series.flatMap(s => s.data.map(d => number(d) ?? 0))
  const lowest = Math.min(0, ...values), highest = Math.max(...values, lowest + 1e-9)
  const at = v => top + (highest - v) / (highest - lowest) * (height - top - bottom)
  const step = (width - left - right) / names.length
  for (let i = 0; i <= 4; i++) {
    const v = lowest + (highest - lowest) * i / 4
    svg.append(node('line', { x1: left, x2: width - right, y1: at(v), y2: at(v), stroke: '#e1e8e8' }), node('text', { x: left - 6, y: at(v) + 4, 'text-anchor': 'end', 'font-size': 11, fill: '#566668' }, short(v)))
  }
  const every = Math.ceil(names.length / 8)
  names.forEach((name, i) => i % every || svg.append(node('text', { x: left + step * (i + .5), y: height - 18, 'text-anchor': 'middle', 'font-size': 11, fill: '#1c2b2d' }, String(name).slice(0, 10))))
  const below = names.map(() => 0)
  series.forEach((s, i) => {
    const fill = COLOURS[i % COLOURS.length]
    if (s.type === 'line') {
      const points = s.data.map((d, j) => [left + step * (j + .5), number(d)]).filter(([, v]) => v !== null)
      svg.append(node('polyline', { points: points.map(([px, v]) => `${px},${at(v)}`).join(' '), fill: 'none', stroke: fill, 'stroke-width': 2.5, 'stroke-linejoin': 'round' }))
      if (points.length <= 32) points.forEach(([px, v]) => svg.append(node('circle', { cx: px, cy: at(v), r: 3.2, fill })))
      return
    }
    const wide = step * .7 / (stacked ? 1 : series.length)
    s.data.forEach((d, j) => {
      const v = number(d)
      if (v === null) return
      const base = stacked ? below[j] : 0
      below[j] += stacked ? v : 0
      const px = left + step * (j + .15) + (stacked ? 0 : wide * i)
      svg.append(node('rect', { x: px, y: Math.min(at(base), at(base + v)), width: Math.max(1, wide - 1), height: Math.abs(at(base) - at(base + v)), fill, rx: 2 }))
      if (!stacked && names.length * series.length <= 12) svg.append(node('text', { x: px + wide / 2, y: at(base + v) - 5, 'text-anchor': 'middle', 'font-size': 11, fill: '#1c2b2d' }, short(v)))
    })
  })
  return svg
}
