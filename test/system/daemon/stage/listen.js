'use strict'
/** Lets a server listen on a free port of the loopback interface, and gives the port. */
module.exports = (server) =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
