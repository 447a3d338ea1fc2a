# kclpy. Its arguments: what to do with a record; a checkpoint every so many records, by the result of process_record,
# and every so many seconds, 0 for none.
import sys

import kclpy

from works import WORKS

WORK, COUNT, SECONDS = WORKS[sys.argv[1]], int(sys.argv[2]), float(sys.argv[3])


class Processor(kclpy.RecordProcessor):
    finished = 0

    def process_record(self, data, partition_key, sequence_number):
        if WORK is not None:
            WORK(data)
        self.finished += 1
        return COUNT > 0 and self.finished % COUNT == 0


# It waits five seconds after a checkpoint that failed, unless told otherwise; the others here go on at once.
kclpy.start(Processor(checkpoint_freq_seconds=SECONDS, checkpoint_retries=1, checkpoint_error_sleep_seconds=0))
