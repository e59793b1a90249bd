/** An instant for a person, in local time and to the minute; a dash when there is none. */
export function timeText(at: number | undefined): string {
  if (at === undefined) return '-'
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}
