/** Clients → brownout → what they depend on, drawn as a tree that stands beside the charts and leads to them. */

import type { Status } from '../control/contract.ts'
import type { Board } from './board.ts'
import { useTopics } from './hooks.ts'
import { STATES, stateOf } from './state.ts'
import { words } from './words.ts'

const ROW = 46
const TIGHT_ROW = 36
/** More targets than this stand closer. */
const TIGHT = 12
const HEAD = 92
const TRUNK = 22
const WIDTH = 232
const NAME_MAX = 17
const UPSTREAM_MAX = 29

interface TopologyProps { readonly board: Board; readonly status: Status; readonly chosen: string | undefined; readonly choose: (target: string | undefined) => void }

export function Topology({ board, status, chosen, choose }: TopologyProps) {
  useTopics(board, 'ticks', 'status')
  const { targets, mode } = status
  const row = targets.length > TIGHT ? TIGHT_ROW : ROW
  const height = HEAD + targets.length * row + 6
  const open = targets.reduce((sum, { name }) => sum + (board.lastOf(name)?.connections ?? 0), 0)
  const last = HEAD + (targets.length - 0.5) * row
  return (
    <svg class="topology" viewBox={`0 0 ${WIDTH} ${height}`}>
      <title>Clients, brownout, and what they depend on</title>
      <path class="wire" d={`M${TRUNK} 18V${targets.length > 0 ? last - 8 : 62}`} />
      <circle class="node" cx={TRUNK} cy="18" r="5" />
      <text class="title" x="40" y="22">clients</text>
      <text class="aside" x={WIDTH - 8} y="22" text-anchor="end">{words('count', open)} open</text>
      <rect class="hub" x={TRUNK - 9} y="49" width="18" height="18" rx="5" />
      <path class="pulse" d={`M${TRUNK - 6} 59h3l1.7-5 2.6 8 1.7-5h3`} />
      <text class="title" x="40" y="62">{status.halted ? 'brownout, halted' : 'brownout'}</text>
      <text class="aside" x={WIDTH - 8} y="62" text-anchor="end">{mode}</text>
      {targets.map((target, i) => <Branch key={target.name} {...{ board, status, target, row, chosen, choose }} y={HEAD + i * row} />)}
    </svg>
  )
}

interface BranchProps extends TopologyProps { readonly target: Status['targets'][number]; readonly y: number; readonly row: number }

function Branch({ board, status: { injections }, target, y, row, chosen, choose }: BranchProps) {
  const { name, protocol, upstream } = target
  const tick = board.recentOf(name) ?? target.last
  const state = stateOf(target, tick, injections)
  const { sign, says } = STATES[state]
  const middle = y + row / 2
  const armed = injections.filter(({ on }) => on === name)
  const flow = tick?.rate ?? tick?.messages
  const figure = flow === null || flow === undefined ? `${words('count', tick?.connections)} open` : words('/s', flow)
  return (
    <a class={`branch ${state} ${chosen === name ? 'chosen' : ''}`} href={`#target-${name}`} aria-current={chosen === name} onClick={(event) => { event.preventDefault(); choose(chosen === name ? undefined : name) }}
      aria-label={`${name}, ${protocol}, ${upstream}: ${says}, ${figure}${armed.length > 0 ? `; ${armed.map(({ text }) => text).join('; ')}` : ''}`}>
      <rect class="row" x="34" y={y + 1} width={WIDTH - 36} height={row - 2} rx="6" />
      <path class="wire" stroke-width={1 + Math.min(2.5, Math.log10(1 + (flow ?? 0)))} d={`M${TRUNK} ${middle - 12}v4q0 8 8 8h14`} />
      <text class="sign" x="51" y={middle + 4} text-anchor="middle">{sign}</text>
      <text class="title" x="62" y={middle - 2}>{cut(name, NAME_MAX)}</text>
      <text class="figure" x={WIDTH - 8} y={middle - 2} text-anchor="end">{figure}</text>
      <text class="aside" x="62" y={middle + 12}>{cut(armed.length > 0 ? armed.map(({ fault }) => fault).join(', ') : state === 'well' ? upstream : `${says} · ${upstream}`, UPSTREAM_MAX)}</text>
      <title>{`${name} · ${protocol} · ${upstream}`}</title>
    </a>
  )
}

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
