/** What the shop asks of the payment service, and how it is usually asked. The other way is patient-payment.ts. */

export interface Payment {
  /** Takes the money for the sale `reference`. Rejects when it was not taken, or nobody knows. */
  charge(reference: string, amountCents: number): Promise<void>
  /** In a word, for /healthz. */
  state(): string
}

export const CHARGES_PATH = '/charges'
const TRIES = 3

/** No deadline; at once again whatever went wrong, and nothing by which the service could know that it is the same sale; whatever comes with a 2xx is believed. */
export function naivePayment(url: string): Payment {
  async function attempt(reference: string, amountCents: number): Promise<void> {
    const response = await fetch(new URL(CHARGES_PATH, url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ reference, amountCents }) })
    const body: unknown = await response.json()
    if (!response.ok) throw new Error(`payment: ${response.status} ${JSON.stringify(body)}`)
  }

  return {
    async charge(reference, amountCents) {
      for (let tries = 1; ; tries++) {
        try {
          return await attempt(reference, amountCents)
        } catch (error) {
          if (tries === TRIES) throw error
        }
      }
    },
    state: () => 'asked',
  }
}
