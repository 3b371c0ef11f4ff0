namespace LiveChat.Tests.Running;

/// <summary>
/// What a fixture or a factory starts is ended with it also when the setting up fails: nobody else has it by then, and
/// xunit does not dispose of a fixture that never was one.
/// </summary>
internal static class SetUp
{
    /// <summary>Sets a thing up, or disposes of it.</summary>
    /// <exception cref="AggregateException">It could not be disposed of either.</exception>
    public static async Task<T> OrEndAsync<T>(T thing, Func<T, Task> setUp)
        where T : IAsyncDisposable
    {
        try
        {
            await setUp(thing);
            return thing;
        }
        catch (Exception failed)
        {
            await EndAsync(thing, failed);
            throw;
        }
    }

    private static async Task EndAsync(IAsyncDisposable thing, Exception failed)
    {
        try
        {
            await thing.DisposeAsync();
        }
        catch (Exception left)
        {
            throw new AggregateException(failed, left);
        }
    }
}
