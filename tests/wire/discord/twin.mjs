// A Discord server that nobody here wrote, driven by lines of JSON: {"id": 1, "do": "slash", "with": {…}} on standard
// input, {"id": 1, "did": …} or {"id": 1, "failed": "…"} on standard output. The first line tells where it is.
import { createInterface } from 'node:readline'
import { DigitalDiscord } from 'discord-digital-twin'

const TEXT = 0
const discord = new DigitalDiscord({
  guild: { name: 'Acme' },
  channels: ['incidents', 'other'].map((name) => ({ name, type: TEXT })),
  users: [{ username: 'ann' }],
})
await discord.start()
const user = await discord.getFirstNonBotUserId()
const channels = await discord.prisma.channel.findMany({ where: { type: TEXT }, orderBy: { name: 'asc' } })

const acts = {
  slash: (given) => discord.simulateSlashCommand({ userId: user, ...given }),
  press: (given) => discord.simulateButtonClick({ userId: user, ...given }),
  type: (given) => discord.simulateInteraction({ type: 4, userId: user, ...given }),
  answer: ({ id, channelId }) => discord.channel(channelId).getInteractionResponse(id),
  messages: ({ channelId }) => discord.channel(channelId).getMessages(),
  threads: ({ channelId }) => discord.channel(channelId).getThreads(),
  dismiss: ({ channelId }) => discord.prisma.channel.delete({ where: { id: channelId } }),
}

const say = (told) => process.stdout.write(JSON.stringify(told) + '\n')
say({ rest: discord.restUrl, gateway: discord.gatewayUrl, guild: discord.guildId, user, channels: channels.map((c) => c.id) })
for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: act, with: given } = JSON.parse(line)
  acts[act](given).then(
    (did) => say({ id, did: did ?? null }),
    (error) => say({ id, failed: String(error) }),
  )
}
process.exit(0)
