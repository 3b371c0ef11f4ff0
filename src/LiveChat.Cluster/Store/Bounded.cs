using System.Runtime.ExceptionServices;

namespace LiveChat.Cluster.Store;

/// <summary>Works on many things beside each other, and on no more at once than is said.</summary>
internal static class Bounded
{
    /// <summary>Does all of them: one that fails keeps no other from being done. Then throws the first failure.
    /// </summary>
    public static async Task RunAsync<T>(IReadOnlyList<T> items, int atOnce, Func<T, Task> action)
    {
        ExceptionDispatchInfo? failure = null;
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(atOnce, items.Count)).Select(_ => WorkAsync()));
        failure?.Throw();

        async Task WorkAsync()
        {
            while (Interlocked.Increment(ref next) is var index && index < items.Count)
            {
                try
                {
                    await action(items[index]);
                }
                catch (Exception e)
                {
                    Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
                }
            }
        }
    }
}
