/** A section a target: what it does now, and its charts. */

import type { Injection, Status, TargetStatus } from '../control/contract.ts'
import type { Board } from './board.ts'
import { Chart } from './chart.tsx'
import { chartsOf } from './charts.ts'
import { useTopics } from './hooks.ts'
import { STATES, stateOf } from './state.ts'
import { words, type Unit } from './words.ts'

interface TargetsProps {
  readonly board: Board
  readonly status: Status
  readonly range: number
  /** Alone on the page. */
  readonly chosen: string | undefined
  readonly choose: (target: string | undefined) => void
  readonly inject: (target: string) => void
}

const HEIGHT = 112
const TALL = 190

export function Targets({ board, status, range, chosen, choose, inject }: TargetsProps) {
  const shown = status.targets.filter(({ name }) => chosen === undefined || chosen === name)
  if (status.targets.length === 0) return <p class="empty">No target yet. <code>brownout serve --target NAME=URL</code> begins with one; each appears here as soon as there is one.</p>
  return <>{shown.map((target) => <Target key={target.name} {...{ board, target, range, choose, inject }} injections={status.injections} alone={chosen !== undefined} tall={shown.length === 1} />)}</>
}

interface TargetProps extends Pick<TargetsProps, 'board' | 'range' | 'choose' | 'inject'> { readonly target: TargetStatus; readonly injections: readonly Injection[]; readonly alone: boolean; readonly tall: boolean }

function Target({ board, target, injections, range, alone, tall, choose, inject }: TargetProps) {
  const { name, protocol } = target
  const charts = chartsOf(protocol, board.lastOf(name) ?? target.last)
  return (
    <section class={`target ${tall ? 'alone' : ''}`} id={`target-${name}`} aria-label={name}>
      <Head {...{ board, target, injections, alone, choose, inject }} />
      <div class="charts">
        {charts.map((chart, i) => (
          <Chart key={chart.title} board={board} topic="ticks" chart={chart} range={range} height={tall ? TALL : HEIGHT} named={i === 0 || tall}
            series={() => board.seriesOf(name)} spans={(since) => board.spans.of(name, since)} />
        ))}
      </div>
    </section>
  )
}

function Head({ board, target, injections, alone, choose, inject }: Omit<TargetProps, 'range' | 'tall'>) {
  useTopics(board, 'ticks')
  const { name, protocol, upstream, listen } = target
  const tick = board.recentOf(name) ?? target.last
  const state = stateOf(target, tick, injections)
  const { sign, says } = STATES[state]
  const figures: readonly (readonly [label: string, unit: Unit, value: number | null | undefined])[] = [
    // Of a WebSocket the only operation is its beginning.
    ...(protocol === 'websocket' ? [] : [['rate', '/s', tick?.rate], ['p95', 'ms', tick?.p95]] as const), ['success', 'share', tick?.success], ['hits', 'share', tick?.hitRatio],
    ['set-up p95', 'ms', tick?.setupP95], ['messages', '/s', tick?.messages],
  ]
  return (
    <header>
      <h2><button type="button" class="plain" onClick={() => choose(alone ? undefined : name)} title={alone ? 'Show all targets (0)' : 'Show this target alone'}>{name}</button></h2>
      <span class={`state ${state}`}><i aria-hidden="true">{sign}</i> {says}</span>
      <span class="soft route" title={`${listen.join(', ')} → ${upstream}`}>{protocol} · {listen[0] ?? ''} → {upstream}</span>
      <button type="button" class="quiet" onClick={() => inject(name)}>Inject…</button>
      <dl class="figures">
        {figures.flatMap(([label, unit, value]) => (value === null || value === undefined ? [] : [<div key={label}><dt>{label}</dt><dd>{words(unit, value)}</dd></div>]))}
      </dl>
    </header>
  )
}
