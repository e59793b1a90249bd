import { runChaos } from './chaos.ts'

const r = await runChaos({ processes: 3, targets: 1000, forMs: Number(process.argv[2] ?? 5000), killEveryMs: 300 })
const t = [...r.takeoversMs].sort((a, b) => a - b)
console.log({
  ...r,
  takeoversMs: undefined,
  lost: r.lost.slice(0, 5),
  n: r.lost.length,
  over: r.overlaps.length,
  overlaps: r.overlaps.slice(0, 5),
  max: t.at(-1),
  p50: t[t.length >> 1],
  cnt: t.length,
})
