using LiveChat.Core.Workers;

namespace LiveChat.Tests.Workers;

/// <summary>Asking a worker for the time of all partitions, which the product asks of each.</summary>
internal static class LowestTime
{
    extension(DeliveryWorker worker)
    {
        /// <summary>The lowest of the partitions' times; 0 while the worker does not have all.</summary>
        public long HandedTimeMs => Enumerable.Range(0, worker.PartitionCount)
            .Min(partition => worker.MarkOf(partition)?.HandedTimeMs ?? 0);
    }
}
