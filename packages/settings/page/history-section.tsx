import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { HistoryView } from '../src/model.ts'
import { Button, Pill, Section } from './controls.tsx'
import { absoluteTime, durationText, relativeTime } from './times.ts'
import { useNow } from './use-session.ts'
import { countsText, outcomeWords, syncReasonText } from './words.ts'

/** Shown before the person asks for more. */
const FIRST = 5

/** What became of the last runs. */
export function HistorySection({ history }: { history: readonly HistoryView[] }): JSX.Element {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? history : history.slice(0, FIRST)
  return (
    <Section title="Sync history">
      <ul class="rows">
        {shown.map((item) => (
          <HistoryRow key={item.id} item={item} />
        ))}
      </ul>
      {history.length > shown.length && (
        <div class="row-note">
          <Button kind="quiet" onClick={() => setWhole(true)}>
            Show {history.length - shown.length} more
          </Button>
        </div>
      )}
    </Section>
  )
}

function HistoryRow({ item }: { item: HistoryView }): JSX.Element {
  const now = useNow()
  const words = outcomeWords(item)
  const facts = [
    relativeTime(item.startedAt, now),
    syncReasonText(item.reason),
    durationText(item.durationMs),
    countsText(item),
  ].filter((fact) => fact !== undefined)
  return (
    <li class="row history">
      <span class="row-text">
        <span class="row-title">
          <bdi>{item.authority}</bdi>
        </span>
        <span class="detail" title={absoluteTime(item.startedAt)}>
          {facts.join(' · ')}
        </span>
        {item.message !== undefined && (
          <span class="detail">
            <bdi>{item.message}</bdi>
          </span>
        )}
      </span>
      <Pill tone={words.tone}>{words.text}</Pill>
    </li>
  )
}
