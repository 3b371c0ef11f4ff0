using System.Diagnostics;

namespace LiveChat.Core.FanOut;

/// <summary>How a command came.</summary>
/// <param name="At">The time stamp at which it came.</param>
/// <param name="Span">Its trace; null when it is not traced.</param>
internal readonly record struct Coming(long At, Activity? Span);
