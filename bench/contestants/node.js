'use strict'
// Node itself: answers without looking.
process.stdin.once('data', () => process.stdout.write('\n{"action":"status","responseFor":"initialize"}\n'))
