"""What every part of the centre stands on: the database, work queues, downlink, and how errors are told."""
