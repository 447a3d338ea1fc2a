# A checkpoint every so many records, by the result of process_record. 0: none.
import sys
import time

import kclpy

COUNT = int(sys.argv[1])


class Blocking(kclpy.RecordProcessor):
    finished = 0

    def process_record(self, data, partition_key, sequence_number):
        time.sleep(0.00025)
        self.finished += 1
        return COUNT > 0 and self.finished % COUNT == 0


kclpy.start(Blocking(checkpoint_freq_seconds=0))
