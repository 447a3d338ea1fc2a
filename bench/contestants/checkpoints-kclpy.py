# A checkpoint every so many records, by the result of process_record. 0: none.
import sys
import time

import kclpy

COUNT = int(sys.argv[1])


class Busy(kclpy.RecordProcessor):
    finished = 0

    def process_record(self, data, partition_key, sequence_number):
        until = time.perf_counter() + 0.00025
        while time.perf_counter() < until:
            pass
        self.finished += 1
        return COUNT > 0 and self.finished % COUNT == 0


kclpy.start(Busy(checkpoint_freq_seconds=0))
