using LiveChat.Cluster.Log;
using LiveChat.Core.Log;
using LiveChat.Tests.Log;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>What every log promises, on a real broker.</summary>
public sealed class KafkaLogContractTests(OneBroker brokers) : MessageLogContract
{
    private OpenLog? _open;
    private KafkaLogOptions? _options;

    private protected override async Task<IMessageLog> OpenAsync()
    {
        _options = OpenLog.Options(brokers.Addresses);
        _open = await OpenLog.OpenAsync(_options);
        return _open.Log;
    }

    private protected override async Task<IMessageLog> RestartAsync(IMessageLog log)
    {
        var mark = _open!.Log.Mark;
        await _open.DisposeAsync();
        _open = await OpenLog.OpenAsync(_options!, mark);
        return _open.Log;
    }

    /// <summary>Groups of its own: a broker keeps them for all topics.</summary>
    private protected override IPartitionReader ReaderOf(IMessageLog log, string group) =>
        ((KafkaMessageLog)log).ReaderOf($"{group}-{_options!.Topic}");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_open is not null) await _open.Clients.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
