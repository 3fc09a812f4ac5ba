import assert from 'node:assert/strict'
import { isSecretName, passwordsOf, redact, withoutPasswords } from '../../src/core/redact.ts'

describe('redact', () => {
  it('hides secrets, the longer ones first', () => {
    assert.equal(redact('a hunter2! and hunter2', ['hunter2', 'hunter2!']), 'a *** and ***')
  })

  it('hides the password of every URL, known or not, and keeps the rest', () => {
    assert.equal(redact('x redis://u:p@h:1/2 postgres://:p%40@h, http://h/?a=1&password=x&b=2', []), 'x redis://u:***@h:1/2 postgres://:***@h, http://h/?a=1&password=***&b=2')
    assert.equal(withoutPasswords('redis://:p@ss@h/'), 'redis://:***@h/')
    assert.equal(withoutPasswords('mail me@example.org or http://user@h'), 'mail me@example.org or http://user@h')
  })

  it('leaves words alone that are shorter than four characters: they are hidden in URLs only', () => {
    assert.equal(redact('an abc in redis://:abc@h', ['abc']), 'an abc in redis://:***@h')
  })

  it('takes secrets as they are, not as patterns', () => {
    assert.equal(redact('a.*b $& xxx', ['a.*b', '$&$&']), '*** $& xxx')
    assert.equal(redact('\ud800secret', ['\ud800secret']), '***')
  })

  it('takes time in proportion to the text', () => {
    const from = performance.now()
    for (const text of ['a'.repeat(100_000), 'a://'.repeat(25_000), `a://${'b:'.repeat(50_000)}`, '?token='.repeat(15_000)]) {
      redact(text, ['secret'])
      passwordsOf(text)
    }
    assert.ok(performance.now() - from < 1000)
  })
})

describe('what is secret', () => {
  it('is told by a name', () => {
    for (const name of ['API_TOKEN', 'db_password', 'SECRET', 'AWS_ACCESS_KEY', 'apikey', 'Authorization', 'cookie', 'PGPASSWORD', 'x-api-key']) assert.ok(isSecretName(name), name)
    for (const name of ['PORT', 'REDIS_URL', 'KEYBOARD', 'monkey', 'HOST', 'accept']) assert.ok(!isSecretName(name), name)
  })

  it('is the password in a URL, encoded and decoded', () => {
    assert.deepEqual(passwordsOf('GET postgres://shop:p%40ss@h/db?sslpassword=q'), ['p%40ss', 'p@ss', 'q'])
    assert.deepEqual(passwordsOf('redis://:%ZZ@h'), ['%ZZ'])
    assert.deepEqual(passwordsOf('no url'), [])
  })
})
