using Xunit;

namespace LiveChat.Tests.Tidy;

public sealed class PortRulesTests
{
    [Fact]
    public void No_port_of_the_core_is_wide() => Findings.None(PortRules.Breaks(Assemblies.Core.GetTypes()));

    [Fact]
    public void A_port_of_seven_methods_is_refused() => Assert.Single(PortRules.Breaks([typeof(IWide)]));

    private interface IWide
    {
        int Property { get; }

        void A();

        void B();

        void C();

        void D();

        void E();

        void F();

        void G();
    }
}
