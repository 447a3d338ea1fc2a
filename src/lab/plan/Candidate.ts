/** A policy to look at: what it changes in the policy that was in force. */
import type * as Session from '../../core/Session'
import * as Duration from '../../values/Duration'

/** The keys of `checkpoint` that decide how often a checkpoint is made. What is left out stays as it was. */
export interface Change {
  readonly interval?: number
  readonly count?: number
  readonly manual?: boolean
  readonly onShutdown?: boolean
}

export interface Candidate {
  /** As the user calls it: a file, or the values of a sweep. */
  readonly name: string
  readonly change: Change
}

/** The policy in force. */
export const NOW: Candidate = { name: 'now', change: {} }

type Settings = Required<Change>

export const settingsOf = ({ policy, onShutdown }: Session.Env): Settings => ({ ...policy, onShutdown })

export const applied = (env: Session.Env, change: Change): Session.Env => {
  const { onShutdown, ...policy } = { ...settingsOf(env), ...change }
  return { ...env, policy: { ...env.policy, ...policy }, onShutdown }
}

const KEYS = ['interval', 'count', 'manual', 'onShutdown'] as const

const shown = (key: keyof Settings, settings: Settings): string => {
  const value = settings[key]
  return key === 'interval' && typeof value === 'number'
    ? value === 0
      ? '0'
      : Duration.show(value)
    : String(value)
}

/** `checkpoint.interval 60s, checkpoint.count 0`: what decides, with the switches where they are not as by default. */
export const show = (settings: Settings): string =>
  KEYS.filter((key) => key === 'interval' || key === 'count' || !settings[key])
    .map((key) => `checkpoint.${key} ${shown(key, settings)}`)
    .join(', ')

/** `checkpoint.count 0 -> 1000`; empty: nothing differs. */
export const difference = (before: Settings, after: Settings): string =>
  KEYS.filter((key) => before[key] !== after[key])
    .map((key) => `checkpoint.${key} ${shown(key, before)} -> ${shown(key, after)}`)
    .join(', ')
