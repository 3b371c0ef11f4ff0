using LiveChat.Core.Log;
using LiveChat.Tests.Log;

namespace LiveChat.Tests.Simulation;

/// <summary>The simulated log without faults is a log like every other.</summary>
public sealed class SimulatedLogTests : ClockedLogContract
{
    private readonly SimulatedDisk<HistoryImage> _disk = new(static () => new HistoryImage());

    private protected override Task<IMessageLog> OpenAsync() =>
        Task.FromResult<IMessageLog>(new SimulatedLog(4, Faults.None(Time), Time, _disk));

    private protected override Task<IMessageLog> RestartAsync(IMessageLog log) =>
        Task.FromResult<IMessageLog>(((SimulatedLog)log).Reopen());
}
