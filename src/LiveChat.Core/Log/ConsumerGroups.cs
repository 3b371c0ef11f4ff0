namespace LiveChat.Core.Log;

/// <summary>The two readers of the log.</summary>
internal static class ConsumerGroups
{
    public const string HistoryWriters = "history-writers";
    public const string DeliveryWorkers = "delivery-workers";

    public static IReadOnlyList<string> All { get; } = [HistoryWriters, DeliveryWorkers];
}
