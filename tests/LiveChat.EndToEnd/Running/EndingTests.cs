using System.Diagnostics;
using Xunit;

namespace LiveChat.EndToEnd.Running;

/// <summary>Tests for <see cref="BuildScriptTests"/>, which runs them in a process of their own; nobody else does.
/// </summary>
public sealed class EndingTests
{
    [Fact(Explicit = true)]
    public void This_test_passes() => Assert.NotEqual(0, Environment.ProcessId);

    [Fact(Explicit = true)]
    public void This_test_fails() => Assert.Fail("as it is meant to");

    [Fact(Explicit = true)]
    public Task This_test_does_not_end() => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);

    [Fact(Explicit = true)]
    public void This_test_takes_its_process_with_it() => Process.GetCurrentProcess().Kill();
}
