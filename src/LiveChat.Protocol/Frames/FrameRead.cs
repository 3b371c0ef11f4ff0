namespace LiveChat.Protocol.Frames;

/// <summary>What became of reading a frame.</summary>
public enum FrameReadStatus
{
    /// <summary>
    /// It cannot be read. With a number the sender is answered <c>error</c> with <c>bad_request</c>; without one the
    /// frame is dropped. A connection that has not signed in is closed with <see cref="CloseCode.BadFrame"/>.
    /// </summary>
    Malformed = 0,

    /// <summary>It was read.</summary>
    Frame = 1,

    /// <summary>It is well-formed, but of a type that this version does not know: a client ignores it, a server
    /// answers <see cref="ErrorCode.UnknownType"/> where it has a number.</summary>
    UnknownType = 2,
}

/// <summary>A frame that was read, or why there is none.</summary>
/// <typeparam name="TFrame"><see cref="ClientFrame"/> or <see cref="ServerFrame"/>.</typeparam>
public readonly record struct FrameRead<TFrame>
    where TFrame : class
{
    private FrameRead(FrameReadStatus status, TFrame? frame, uint? number, string? problem)
    {
        Status = status;
        Frame = frame;
        Number = number;
        Problem = problem;
    }

    /// <summary>What became of it.</summary>
    public FrameReadStatus Status { get; }

    /// <summary>The frame; there exactly when the status is <see cref="FrameReadStatus.Frame"/>.</summary>
    public TFrame? Frame { get; }

    /// <summary>The frame's <c>id</c> or <c>re</c>, where it could be read.</summary>
    public uint? Number { get; }

    /// <summary>What is wrong with a malformed frame, in one sentence that repeats none of its content.</summary>
    public string? Problem { get; }

    internal static FrameRead<TFrame> Of(TFrame frame, uint? number) =>
        new(FrameReadStatus.Frame, frame, number, null);

    internal static FrameRead<TFrame> Unknown(uint? number) => new(FrameReadStatus.UnknownType, null, number, null);

    internal static FrameRead<TFrame> Malformed(uint? number, string problem) =>
        new(FrameReadStatus.Malformed, null, number, problem);
}
