from rebalancer.api import check_policy as check_policy
from rebalancer.api import load_market as load_market
from rebalancer.api import load_policy as load_policy
from rebalancer.api import load_portfolio as load_portfolio
from rebalancer.api import plan as plan
from rebalancer.api import plan_many as plan_many
from rebalancer.api import status as status

__version__: str
