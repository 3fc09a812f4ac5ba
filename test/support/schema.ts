/** Holds XML against a schema. Knows of XML and of XML Schema what test/fixtures/junit.xsd needs, and throws at anything else. */

export interface Node { readonly name: string; readonly attributes: Readonly<Record<string, string>>; readonly children: readonly Node[]; readonly text: string }

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const TOKEN = /<!--(?:(?!--)[\s\S])*-->|<(?<close>\/?)(?<name>[A-Za-z_][\w:.-]*)(?<attributes>(?:\s+[A-Za-z_][\w:.-]*="[^"<]*")*)\s*(?<empty>\/?)>|(?<text>[^<]+)/gy

/** Throws at what is not well-formed. */
export function parseXml(xml: string): Node {
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '')
  const root = { name: '', attributes: {}, children: [] as Node[], text: '' }
  const open = [root]
  let end = 0
  for (const token of body.matchAll(TOKEN)) {
    end = token.index + token[0].length
    const { close, name, attributes = '', empty, text } = token.groups ?? {}
    const inner = open.at(-1) ?? root
    if (text !== undefined) inner.text += decoded(text)
    else if (name === undefined) continue
    else if (close) {
      if (open.length < 2 || inner.name !== name) throw new Error(`</${name}> closes ${inner.name || 'nothing'}`)
      open.pop()
    } else {
      const node = { name, attributes: attributesOf(attributes), children: [] as Node[], text: '' }
      inner.children.push(node)
      if (!empty) open.push(node)
    }
  }
  if (end !== body.length) throw new Error(`not well-formed at ${JSON.stringify(body.slice(end, end + 40))}`)
  const [only, ...others] = root.children
  if (open.length > 1 || !only || others.length > 0 || root.text.trim() !== '') throw new Error('expected one element that is closed')
  return only
}

function attributesOf(text: string): Readonly<Record<string, string>> {
  const found = [...text.matchAll(/([\w:.-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decoded(value)] as const)
  if (new Set(found.map(([name]) => name)).size < found.length) throw new Error(`an attribute twice in${text}`)
  return Object.fromEntries(found)
}

const decoded = (text: string): string => text.replace(/&(?:#(\d+)|(\w+))?(;?)/g, (all, code: string | undefined, name: string | undefined, ended: string) => {
  const character = code === undefined ? ENTITIES[name ?? ''] : String.fromCodePoint(Number(code))
  if (character === undefined || !ended) throw new Error(`${all} is no entity`)
  return character
})

const TYPES: Readonly<Record<string, RegExp>> = {
  'xs:string': /^[\s\S]*$/, 'xs:nonNegativeInteger': /^\+?\d+$/, 'xs:decimal': /^[+-]?(\d+\.?\d*|\.\d+)$/,
  'xs:dateTime': /^-?\d{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/,
}

/** What is wrong with a document, in words; empty where it is as the schema says. */
export function invalid(xml: string, schema: string): readonly string[] {
  const elements = new Map(parseXml(schema).children.map((element) => [element.attributes['name'] ?? '', element]))
  const root = parseXml(xml)
  return elements.has(root.name) ? check(root, elements) : [`${root.name} is not declared`]
}

function check(node: Node, elements: ReadonlyMap<string, Node>): readonly string[] {
  const declared = elements.get(node.name)
  const [complex] = declared?.children ?? []
  if (!complex) return node.children.length > 0 || Object.keys(node.attributes).length > 0 ? [`${node.name} holds text alone`] : []
  const sequence = complex.children.filter(({ name }) => name === 'xs:sequence').flatMap(({ children }) => children)
  const stray = node.text.trim() !== '' && complex.attributes['mixed'] !== 'true' ? [`text in ${node.name}`] : []
  return [...stray, ...inOrder(node, sequence), ...checkAttributes(node, complex), ...node.children.flatMap((child) => (elements.has(child.name) ? check(child, elements) : []))]
}

function inOrder({ name, children }: Node, sequence: readonly Node[]): readonly string[] {
  let next = 0
  for (const { attributes: { ref, minOccurs = '1', maxOccurs = '1' } } of sequence) {
    const from = next
    while (children[next]?.name === ref && (maxOccurs === 'unbounded' || next - from < Number(maxOccurs))) next++
    if (next - from < Number(minOccurs)) return [`${name} lacks ${ref}`]
  }
  return next < children.length ? [`${children[next]?.name} may not stand there in ${name}`] : []
}

function checkAttributes({ name, attributes }: Node, complex: Node): readonly string[] {
  const declared = new Map(complex.children.filter((one) => one.name === 'xs:attribute').map((one) => [one.attributes['name'] ?? '', one.attributes]))
  const lacking = [...declared].filter(([key, { use }]) => use === 'required' && attributes[key] === undefined).map(([key]) => `${name} lacks ${key}`)
  return [...lacking, ...Object.entries(attributes).flatMap(([key, value]) => {
    const type = declared.get(key)?.['type']
    if (type === undefined) return [`${name} has ${key}`]
    const pattern = TYPES[type]
    if (!pattern) throw new Error(`${type} is not known here`)
    return pattern.test(value) ? [] : [`${key}="${value}" of ${name} is no ${type}`]
  })]
}
