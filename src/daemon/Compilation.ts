/**
 * When the JVM compiles. In an idle daemon most of the CPU time goes into compiling: hundreds of methods run some dozens of
 * times a second, so each is soon compiled for profiling, which makes it twice as slow, and once more after some minutes. With
 * these options it stays in quick code, and only what is really hot is compiled again. Figures: bench/README.md.
 */

/** Not all JVMs know all options. */
const LENIENT = '-XX:+IgnoreUnrecognizedVMOptions'

/** The first compiler's code counts calls, but keeps no profile of branches and types. */
const NO_PROFILE = '-XX:-C1UpdateMethodData'

/** Ten times the JVM's own numbers of calls and loops, after which the second compiler takes a method. */
const LATER = [
  '-XX:Tier4InvocationThreshold=50000',
  '-XX:Tier4MinInvocationThreshold=6000',
  '-XX:Tier4CompileThreshold=150000',
  '-XX:Tier4BackEdgeThreshold=400000'
]

/**
 * Of TLS, a call works off 16 KB, and only code of the second compiler uses the processor's instructions for AES: here the
 * JVM's own numbers apply.
 */
const TLS = [
  '-XX:CompileCommand=quiet',
  '-XX:CompileCommand=CompileThresholdScaling,com.sun.crypto.provider.*::*,0.1'
]

/** The first Java whose `CompileCommand` takes a scale. */
const SCALES = 9

/** Options for the JVM of this version (8, 11, 17 ...). */
export const optionsFor = (version: number): ReadonlyArray<string> => [
  LENIENT,
  NO_PROFILE,
  ...LATER,
  ...(version < SCALES ? [] : TLS)
]
