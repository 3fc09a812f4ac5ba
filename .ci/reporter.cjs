/** mocha's spec reporter, and after everything one line that people and CI can read: `N passed, N failed`. */

const { writeFileSync } = require('node:fs')
const { reporters } = require('mocha')

module.exports = class Summary extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats
      const line = `${passes} passed, ${failures} failed`
      console.log(pending > 0 ? `${pending} skipped\n${line}` : line)
      if (process.env.TEST_SUMMARY) writeFileSync(process.env.TEST_SUMMARY, `${line}\n`)
    })
  }
}
