/** Results as Markdown. */

import { median } from './estimate.ts'
import { samplesAt, type Results, type Sample } from './results.ts'
import { rows, spread } from './targets.ts'

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)]

/** Columns as wide as their widest cell, so that it can be read as it is. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(3, cell.length, ...body.map((line) => line[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}

export const targetTable = (results: Results): string =>
  table(['path', 'figure', 'target', 'measured', 'verdict'], rows(results).map(({ path, figure, target, measured, verdict }) => [path, figure, target, measured, verdict]))

/** One for each path: contenders by workloads, medians with their intervals. */
export function pathTable(results: Results, path: string): string {
  const samples = results.samples.filter((one) => one.path === path)
  const workloads = unique(samples.map(({ workload }) => workload))
  const columns = workloads.flatMap((workload) => columnsOf(samples.filter((one) => one.workload === workload)).map((column) => ({ workload, ...column })))
  const body = unique(samples.map(({ contender }) => contender)).map((contender) => [contender, ...columns.map(({ workload, of }) => {
    const values = samplesAt(results, { path, workload, contender }).map(of).filter((value) => Number.isFinite(value))
    return values.length === 0 || values.every((value) => value === 0) ? '' : spread(median(values))
  })])
  return table(['', ...columns.map(({ head }) => head)], body)
}

interface Column { readonly head: string; readonly of: (sample: Sample) => number }

function columnsOf(samples: readonly Sample[]): readonly Column[] {
  const [first] = samples
  if (!first) return []
  const told = first.extra ?? {}
  if ('kib' in told) return [{ head: 'KiB a connection', of: ({ extra }) => extra?.['kib'] ?? Number.NaN }]
  const cpu: Column = { head: `${first.workload}: us/${first.unit}`, of: (one) => one.cpu }
  if (!('p99' in told)) return [cpu, { head: `${first.workload}: /s`, of: ({ rate }) => rate }]
  return [cpu, { head: `${first.workload}: p50 ms`, of: ({ extra }) => extra?.['p50'] ?? Number.NaN }, { head: `${first.workload}: p99 ms`, of: ({ extra }) => extra?.['p99'] ?? Number.NaN }]
}

/** All of it. */
export function page(results: Results): string {
  const { machine, versions, missing, samples } = results
  const paths = unique(samples.map(({ path }) => path))
  const here = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}; ${here}. ${results.at.slice(0, 10)}.`,
    `### Against what it must reach\n\n${targetTable(results)}`,
    ...paths.map((path) => {
      const rounds = new Set(samples.filter((one) => one.path === path).map((one) => one.round)).size
      const away = missing[path] ?? []
      return `### ${path}\n\n${capital(results.about[path] ?? path)}; ${rounds === 1 ? 'one round' : `${rounds} rounds`}.${away.length > 0 ? ` Not here: ${away.join(', ')}.` : ''}\n\n${pathTable(results, path)}`
    }),
  ].join('\n\n')
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
