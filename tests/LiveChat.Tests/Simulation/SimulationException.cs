namespace LiveChat.Tests.Simulation;

/// <summary>A run that broke an invariant, stood still or left the scheduler.</summary>
internal sealed class SimulationException(string message, Exception? inner = null) : Exception(message, inner);
