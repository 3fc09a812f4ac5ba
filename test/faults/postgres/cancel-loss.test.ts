import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import pg from 'pg'
import { cancelLoss } from '../../../faults/postgres/cancel-loss.ts'
import { closeAll, postgresStage, type Client, type PostgresStage } from './stage.ts'

/** Asks for the end of what `client` does, as any client does: on a connection of its own. Resolves when that is closed. */
async function cancel({ port }: PostgresStage, client: Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
  const request = Buffer.alloc(16)
  for (const [i, word] of [16, 80877102, processID].entries()) request.writeUInt32BE(word, 4 * i)
  request.writeInt32BE(secretKey, 12)
  const socket = connect(port, '127.0.0.1')
  socket.write(request)
  socket.resume()
  await once(socket, 'close')
}
const codeOf = (error: unknown): string => (error instanceof pg.DatabaseError ? error.code ?? '' : String(error))

describe('postgres.cancel_loss', () => {
  afterEach(closeAll)

  it('lets a statement go on that was cancelled, while whoever asked sees what it always sees', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    const unharmed = client.query('select pg_sleep(20)').catch(codeOf)
    await stage.active('pg_sleep')
    await cancel(stage, client)
    assert.equal(await unharmed, '57014', 'without the fault it is cancelled')
    await stage.strike(cancelLoss)
    const slept = client.query('select pg_sleep(0.4)').then(() => 'slept', codeOf)
    await stage.active('pg_sleep')
    await cancel(stage, client)
    assert.equal(await slept, 'slept')
    assert.deepEqual(stage.did(), ['close'])
  })

  it('lets the request come late, where it hits the statement that runs by then', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(cancelLoss, { delay: '250ms' })
    const first = client.query("select 'first'").then(() => 'done', codeOf)
    const cancelled = cancel(stage, client)
    assert.equal(await first, 'done')
    assert.equal(await client.query('select pg_sleep(20)').catch(codeOf), '57014')
    await cancelled
    assert.equal((await client.query('select 1 a')).rows[0].a, 1)
  })

  it('hits cancel requests only, one by one', async () => {
    const stage = await postgresStage()
    await stage.strike(cancelLoss, {}, { times: 1 })
    const client = await stage.client()
    const asked = client.query('select pg_sleep(20)').catch(codeOf)
    await stage.active('pg_sleep')
    await cancel(stage, client)
    assert.equal(stage.did().length, 1)
    await cancel(stage, client)
    assert.equal(await asked, '57014')
  })
})
