# Amazon's port for Python. Its arguments: what to do with a record; a checkpoint every so many records and every so many
# seconds, 0 for none, as in its samples, which go on when one fails.
import sys
import time

from amazon_kclpy import kcl
from amazon_kclpy.v3 import processor

from works import WORKS

WORK, COUNT, SECONDS = WORKS[sys.argv[1]], int(sys.argv[2]), float(sys.argv[3])


class Processor(processor.RecordProcessorBase):
    def __init__(self):
        self.finished = 0
        self.last = time.monotonic()

    def initialize(self, initialize_input):
        pass

    def store(self, checkpointer, record):
        try:
            checkpointer.checkpoint(record.sequence_number, record.sub_sequence_number)
        except kcl.CheckpointError:
            pass

    def handle(self, records, checkpointer):
        for record in records:
            if WORK is not None:
                WORK(record.binary_data)
            self.finished += 1
            if COUNT > 0 and self.finished % COUNT == 0:
                self.store(checkpointer, record)
        if SECONDS > 0 and time.monotonic() - self.last >= SECONDS:
            self.store(checkpointer, records[-1])
            self.last = time.monotonic()

    def process_records(self, process_records_input):
        if WORK is not None or COUNT > 0 or SECONDS > 0:
            self.handle(process_records_input.records, process_records_input.checkpointer)

    def lease_lost(self, lease_lost_input):
        pass

    def shard_ended(self, shard_ended_input):
        pass

    def shutdown_requested(self, shutdown_requested_input):
        pass


kcl.KCLProcess(Processor()).run()
