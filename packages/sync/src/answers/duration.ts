/** A duration for people, in Android's form: `9s`, `1m00s`, `1h00m00s`, `123d01h00m00s`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.trunc(Math.abs(durationMs) / 1_000)
  const parts = [
    { size: 86_400, unit: 'd' },
    { size: 3_600, unit: 'h' },
    { size: 60, unit: 'm' },
    { size: 1, unit: 's' },
  ]
  let rest = seconds
  let text = ''
  for (const { size, unit } of parts) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (text === '' && count === 0 && unit !== 's') continue
    text += `${text === '' ? count : String(count).padStart(2, '0')}${unit}`
  }
  return durationMs < 0 && seconds > 0 ? `-${text}` : text
}
