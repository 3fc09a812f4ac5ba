import assert from 'node:assert/strict'
import { readLimits, roomIn, shortage } from '../../src/proxy/limits.ts'

const FILES: Readonly<Record<string, string>> = {
  '/proc/self/limits': 'Limit                     Soft Limit           Hard Limit           Units     \nMax processes             95000                95000                processes \nMax open files            20000                20000                files     \n',
  '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
  '/proc/sys/net/core/somaxconn': '4096\n',
}

describe('limits of the system', () => {
  it('are read where the system says them', () => {
    assert.deepEqual(readLimits((file) => FILES[file] ?? ''), { descriptors: 20_000, ports: 28_232, backlog: 4096 })
  })

  it('are none where it says nothing, or has none', () => {
    const nothing = { descriptors: Number.POSITIVE_INFINITY, ports: Number.POSITIVE_INFINITY, backlog: Number.POSITIVE_INFINITY }
    assert.deepEqual(readLimits(() => { throw new Error('ENOENT') }), nothing)
    assert.equal(readLimits(() => 'Max open files            unlimited            unlimited            files').descriptors, Number.POSITIVE_INFINITY)
    assert.equal(roomIn(nothing), Number.POSITIVE_INFINITY)
    assert.equal(shortage(1_000_000, nothing), undefined)
  })

  it('leave room for two descriptors a connection beside the process’s own', () => {
    assert.equal(roomIn({ descriptors: 20_000 }), 9952)
    assert.equal(roomIn({ descriptors: 1024 }), 464)
    assert.equal(roomIn({ descriptors: 64 }), 11)
    assert.equal(roomIn({ descriptors: 1 }), 1)
  })

  it('say how many processes would have to share connections that are too many for one', () => {
    const limits = { descriptors: 20_000, ports: 28_232, backlog: 4096 }
    assert.equal(shortage(9952, limits), undefined)
    const short = shortage(20_000, limits)
    assert.match(short?.problem ?? '', /^20000 connections are more than fit: 9952 do with 20000 open files/)
    assert.match(short?.hint ?? '', /ulimit -Hn 40096.*--workers 3/)
    assert.equal(shortage(20_000, limits, 3), undefined)
    assert.match(shortage(30_000, limits, 4)?.problem ?? '', /28232 ephemeral ports towards one address/)
  })
})
