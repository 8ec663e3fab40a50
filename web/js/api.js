// Calls to the gateway; an error is thrown with its sentence for people.
export async function post(path, body, session) {
  const answer = await fetch(path, {
    method: 'POST', body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...(session ? { Authorization: `Bearer ${session}` } : {}) }
  })
  const data = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(data.error?.message || '现在连不上，请稍后再试。')
  return data
}

// Demonstration patients; none where no simulated hospital runs.
export async function people() {
  const answer = await fetch('/api/demo').then(r => r.ok ? r.json() : {}).catch(() => ({}))
  return answer.patients || []
}
