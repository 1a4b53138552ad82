"""What is kept about the bank: our registration with it, shoppers' authorizations, the connections that payers allowed
us to keep, and the calls made of late.
"""

from oauth_connect.models.authorization import OauthAuthorization as OauthAuthorization
from oauth_connect.models.authorization import new_state as new_state
from oauth_connect.models.bank import BankRegistration as BankRegistration
from oauth_connect.models.budget import CallBudget as CallBudget
from oauth_connect.models.connection import PayerAccount as PayerAccount
from oauth_connect.models.connection import PayerConnection as PayerConnection
from oauth_connect.models.connection import PayerHint as PayerHint
from oauth_connect.models.holder import SessionHolder as SessionHolder
