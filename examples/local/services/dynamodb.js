'use strict'
/** dynalite as a server of one address: `HOST` (127.0.0.1) and `PORT` (8000). It ends with its stdin. */
const { HOST = '127.0.0.1', PORT = '8000' } = process.env

require('./endWithStdin')
require('dynalite')({ createTableMs: 5, updateTableMs: 5, deleteTableMs: 5 }).listen(Number(PORT), HOST)
