/** The manifest: every fault there is. A fault that is not in this list does not exist. */

import type { AnyFault, Registry } from '../src/fault.ts'
import { abort as httpAbort } from './http/abort.ts'
import { corruptBody as httpCorruptBody } from './http/corrupt-body.ts'
import { drain as httpDrain } from './http/drain.ts'
import { duplicate as httpDuplicate } from './http/duplicate.ts'
import { earlyClose as httpEarlyClose } from './http/early-close.ts'
import { hang as httpHang } from './http/hang.ts'
import { headers as httpHeaders } from './http/headers.ts'
import { htmlError as httpHtmlError } from './http/html-error.ts'
import { keepaliveRace as httpKeepaliveRace } from './http/keepalive-race.ts'
import { latency as httpLatency } from './http/latency.ts'
import { malformed as httpMalformed } from './http/malformed.ts'
import { noContinue as httpNoContinue } from './http/no-continue.ts'
import { notModified as httpNotModified } from './http/not-modified.ts'
import { oversize as httpOversize } from './http/oversize.ts'
import { rateLimit as httpRateLimit } from './http/rate-limit.ts'
import { redirectLoop as httpRedirectLoop } from './http/redirect-loop.ts'
import { slowBody as httpSlowBody } from './http/slow-body.ts'
import { slowUpload as httpSlowUpload } from './http/slow-upload.ts'
import { stallBody as httpStallBody } from './http/stall-body.ts'
import { status as httpStatus } from './http/status.ts'
import { truncate as httpTruncate } from './http/truncate.ts'
import { cancelLoss as postgresCancelLoss } from './postgres/cancel-loss.ts'
import { commitLoss as postgresCommitLoss } from './postgres/commit-loss.ts'
import { copyStall as postgresCopyStall } from './postgres/copy-stall.ts'
import { corruptValue as postgresCorruptValue } from './postgres/corrupt-value.ts'
import { cutRows as postgresCutRows } from './postgres/cut-rows.ts'
import { dropNotify as postgresDropNotify } from './postgres/drop-notify.ts'
import { error as postgresError } from './postgres/error.ts'
import { holdReady as postgresHoldReady } from './postgres/hold-ready.ts'
import { kill as postgresKill } from './postgres/kill.ts'
import { latency as postgresLatency } from './postgres/latency.ts'
import { notices as postgresNotices } from './postgres/notices.ts'
import { parameter as postgresParameter } from './postgres/parameter.ts'
import { preparedLost as postgresPreparedLost } from './postgres/prepared-lost.ts'
import { readOnly as postgresReadOnly } from './postgres/read-only.ts'
import { slowRows as postgresSlowRows } from './postgres/slow-rows.ts'
import { staleReplica as postgresStaleReplica } from './postgres/stale-replica.ts'
import { startup as postgresStartup } from './postgres/startup.ts'
import { blockedHalfOpen as redisBlockedHalfOpen } from './redis/blocked-half-open.ts'
import { cacheMiss as redisCacheMiss } from './redis/cache-miss.ts'
import { clusterRedirect as redisClusterRedirect } from './redis/cluster-redirect.ts'
import { cutReply as redisCutReply } from './redis/cut-reply.ts'
import { error as redisError } from './redis/error.ts'
import { executedReplyLost as redisExecutedReplyLost } from './redis/executed-reply-lost.ts'
import { garbage as redisGarbage } from './redis/garbage.ts'
import { idleTimeout as redisIdleTimeout } from './redis/idle-timeout.ts'
import { killSubscribers as redisKillSubscribers } from './redis/kill-subscribers.ts'
import { latency as redisLatency } from './redis/latency.ts'
import { lockLost as redisLockLost } from './redis/lock-lost.ts'
import { maxClients as redisMaxClients } from './redis/max-clients.ts'
import { notExecuted as redisNotExecuted } from './redis/not-executed.ts'
import { pubsubLoss as redisPubsubLoss } from './redis/pubsub-loss.ts'
import { pushSurprise as redisPushSurprise } from './redis/push-surprise.ts'
import { replyShift as redisReplyShift } from './redis/reply-shift.ts'
import { scanAnomaly as redisScanAnomaly } from './redis/scan-anomaly.ts'
import { stale as redisStale } from './redis/stale.ts'
import { txnAbort as redisTxnAbort } from './redis/txn-abort.ts'
import { unblocked as redisUnblocked } from './redis/unblocked.ts'
import { writeLoss as redisWriteLoss } from './redis/write-loss.ts'
import { acceptDelay } from './tcp/accept-delay.ts'
import { bandwidth } from './tcp/bandwidth.ts'
import { churn } from './tcp/churn.ts'
import { connectionLimit } from './tcp/connection-limit.ts'
import { corrupt } from './tcp/corrupt.ts'
import { dropChunks } from './tcp/drop-chunks.ts'
import { halfOpen } from './tcp/half-open.ts'
import { idleReaper } from './tcp/idle-reaper.ts'
import { latency } from './tcp/latency.ts'
import { limitData } from './tcp/limit-data.ts'
import { packetLoss } from './tcp/packet-loss.ts'
import { partition } from './tcp/partition.ts'
import { refuse } from './tcp/refuse.ts'
import { resetPeer } from './tcp/reset-peer.ts'
import { slicer } from './tcp/slicer.ts'
import { slowClose } from './tcp/slow-close.ts'
import { stall } from './tcp/stall.ts'
import { synBlackhole } from './tcp/syn-blackhole.ts'
import { timeout } from './tcp/timeout.ts'
import { close as websocketClose } from './websocket/close.ts'
import { corrupt as websocketCorrupt } from './websocket/corrupt.ts'
import { deadPong as websocketDeadPong } from './websocket/dead-pong.ts'
import { delay as websocketDelay } from './websocket/delay.ts'
import { drop as websocketDrop } from './websocket/drop.ts'
import { duplicate as websocketDuplicate } from './websocket/duplicate.ts'
import { fragment as websocketFragment } from './websocket/fragment.ts'
import { freeze as websocketFreeze } from './websocket/freeze.ts'
import { mismatch as websocketMismatch } from './websocket/mismatch.ts'
import { noExtensions as websocketNoExtensions } from './websocket/no-extensions.ts'
import { oversize as websocketOversize } from './websocket/oversize.ts'
import { refuseUpgrade as websocketRefuseUpgrade } from './websocket/refuse-upgrade.ts'
import { reorder as websocketReorder } from './websocket/reorder.ts'
import { slowConsumer as websocketSlowConsumer } from './websocket/slow-consumer.ts'
import { throttle as websocketThrottle } from './websocket/throttle.ts'

export const faults = [
  acceptDelay,
  bandwidth,
  churn,
  connectionLimit,
  corrupt,
  dropChunks,
  halfOpen,
  httpAbort,
  httpCorruptBody,
  httpDrain,
  httpDuplicate,
  httpEarlyClose,
  httpHang,
  httpHeaders,
  httpHtmlError,
  httpKeepaliveRace,
  httpLatency,
  httpMalformed,
  httpNoContinue,
  httpNotModified,
  httpOversize,
  httpRateLimit,
  httpRedirectLoop,
  httpSlowBody,
  httpSlowUpload,
  httpStallBody,
  httpStatus,
  httpTruncate,
  idleReaper,
  latency,
  limitData,
  packetLoss,
  partition,
  postgresCancelLoss,
  postgresCommitLoss,
  postgresCopyStall,
  postgresCorruptValue,
  postgresCutRows,
  postgresDropNotify,
  postgresError,
  postgresHoldReady,
  postgresKill,
  postgresLatency,
  postgresNotices,
  postgresParameter,
  postgresPreparedLost,
  postgresReadOnly,
  postgresSlowRows,
  postgresStaleReplica,
  postgresStartup,
  redisBlockedHalfOpen,
  redisCacheMiss,
  redisClusterRedirect,
  redisCutReply,
  redisError,
  redisExecutedReplyLost,
  redisGarbage,
  redisIdleTimeout,
  redisKillSubscribers,
  redisLatency,
  redisLockLost,
  redisMaxClients,
  redisNotExecuted,
  redisPubsubLoss,
  redisPushSurprise,
  redisReplyShift,
  redisScanAnomaly,
  redisStale,
  redisTxnAbort,
  redisUnblocked,
  redisWriteLoss,
  refuse,
  resetPeer,
  slicer,
  slowClose,
  stall,
  synBlackhole,
  timeout,
  websocketClose,
  websocketCorrupt,
  websocketDeadPong,
  websocketDelay,
  websocketDrop,
  websocketDuplicate,
  websocketFragment,
  websocketFreeze,
  websocketMismatch,
  websocketNoExtensions,
  websocketOversize,
  websocketRefuseUpgrade,
  websocketReorder,
  websocketSlowConsumer,
  websocketThrottle,
] as const satisfies readonly AnyFault[]

export const registry: Registry = new Map(faults.map((fault) => [fault.name, fault]))
