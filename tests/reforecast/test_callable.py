import cxsim
import cxsim.reforecast


def test_the_function_can_be_called_after_its_package_was_imported():
    assert callable(cxsim.reforecast) and cxsim.reforecast.Reforecast is cxsim.Reforecast
