namespace LiveChat.Bench.Log;

/// <summary>
/// The physical ceiling: group commit into one bare file, with nothing around it. A thread takes what waits, writes
/// it with one call, syncs, and answers all.
/// </summary>
internal sealed class FileAppender : IDisposable
{
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly FileStream _file;
    private readonly Thread _thread;
    private List<(byte[] Record, TaskCompletionSource Durable)> _queue = [];
    private bool _isClosing;

    public FileAppender(string path)
    {
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public Task AppendAsync(byte[] record)
    {
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _queue.Add((record, durable));
        }

        _wake.Set();
        return durable.Task;
    }

    public void Dispose()
    {
        _isClosing = true;
        _wake.Set();
        _thread.Join();
        _file.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        var group = new List<(byte[] Record, TaskCompletionSource Durable)>();
        var bytes = new MemoryStream();
        while (true)
        {
            lock (_lock)
            {
                (group, _queue) = (_queue, group);
            }

            if (group.Count == 0)
            {
                if (_isClosing)
                {
                    return;
                }

                _wake.WaitOne();
                continue;
            }

            bytes.SetLength(0);
            foreach (var (record, _) in group)
            {
                bytes.Write(record);
            }

            _file.Write(bytes.GetBuffer(), 0, (int)bytes.Length);
            _file.Flush(flushToDisk: true);
            foreach (var (_, durable) in group)
            {
                durable.SetResult();
            }

            group.Clear();
        }
    }
}
