/** Where the page begins. */

import { render } from 'preact'
import 'uplot/dist/uPlot.min.css'
import './style.css'
import { Api } from './api.ts'
import { App } from './app.tsx'
import { Board } from './board.ts'
import { Feed } from './feed.ts'
import { startTheme } from './theme.ts'

const TOKEN = 'brownout.token'
const WHO = 'brownout.who'

/** Out of the address: it would stay in the history and in what is copied. It lives as long as this tab. */
function takeToken(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given !== null) {
    sessionStorage.setItem(TOKEN, given)
    history.replaceState(null, '', location.pathname)
  }
  return sessionStorage.getItem(TOKEN) ?? undefined
}

const who = (): string => localStorage.getItem(WHO) || 'dashboard'
const api = new Api(takeToken(), who)
const board = new Board((draw) => { requestAnimationFrame(draw) })
const feed = new Feed(api, board)

function give(token: string): void {
  sessionStorage.setItem(TOKEN, token)
  api.token = token
  board.linked({ kind: 'connecting' })
  feed.retry()
}

addEventListener('hashchange', () => {
  const token = takeToken()
  if (token !== undefined) give(token)
})
startTheme()
const place = document.getElementById('app')
if (place) render(<App {...{ api, board, feed, who, give }} setWho={(name) => localStorage.setItem(WHO, name)} />, place)
void feed.run()
