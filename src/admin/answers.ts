/** Answers as a Toxiproxy server gives them, header for header. */

import { writeGoJson } from './go-json.ts'

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' }

export const jsonResponse = (status: number, value: unknown): Response =>
  new Response(writeGoJson(value), { status, headers: { 'Content-Type': 'application/json' } })

export const textResponse = (status: number, text: string): Response => new Response(text, { status, headers: TEXT })

export const refusalResponse = (status: number, error: string, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(`${writeGoJson({ error, status })}\n`, { status, headers: { ...TEXT, ...headers } })

export const emptyResponse = (status: number, headers: Readonly<Record<string, string>> = {}): Response => new Response(null, { status, headers: { ...(status === 204 ? {} : { 'Content-Length': '0' }), ...headers } })
